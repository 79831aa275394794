"""Refuse a check that names a table, column or function that does not exist, before it is sent."""

import re
from collections.abc import Iterator, Sequence

from shared.context.graph_text import CHECK_PLACES, places_of
from shared.errors import PlaybookError
from shared.playbooks.loading.kql_words import KEYWORDS
from shared.playbooks.playbook import Check
from shared.queries.prelude import SCOPE_NAMES, library, library_statements, without_texts
from shared.queries.schema import tables
from shared.queries.together import RESULT_COLUMNS

UNEXPLAINED_COLUMNS = ("Text", "Events", "Callers", "Total")

_WORD = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
_DEFINED = (
    re.compile(r"\blet\s+(\w+)\s*="),
    re.compile(r"(?<![\w.$])(\w+)\s*=(?![=~])"),
    re.compile(r"[(,]\s*(\w+)\s*:"),
    re.compile(r"\bas\s+(\w+)"),
)
_CALL = re.compile(r"\s*\(")
_TABLE_LIKE = re.compile(r"^(ACS|WebPubSub|App|Azure|ContainerApp|FunctionApp|SignalR)\w+$")


def lint(check: Check, file: str, columns: Sequence[str] = RESULT_COLUMNS) -> None:
    """Refuse a KQL check with a blank line, an unknown table or column, or a missing result column.

    Raises:
        PlaybookError: the check has such a defect; the error names file, line and what was expected.
    """
    _blank_lines(check, file)
    plain = without_texts(check.text)
    _results(plain, check, file, columns)
    vocabulary = _known(plain)
    for word, line in _unknown(plain, vocabulary, check.line):
        kind = "table" if _TABLE_LIKE.match(word) else "column or name"
        raise PlaybookError(
            f"{file}:{line}",
            f"unknown {kind} {word!r}",
            f"a {kind} of shared/queries/log-analytics.json or of the text itself",
        )


def lint_graph(check: Check, file: str) -> None:
    """Refuse a check for Resource Graph with a blank line, an unknown place, a `let`, or a missing result column.

    Raises:
        PlaybookError: the check has such a defect.
    """
    _blank_lines(check, file)
    for place in sorted(places_of(check.text) - set(CHECK_PLACES)):
        known = ", ".join(f"{{{name}}}" for name in CHECK_PLACES)
        raise PlaybookError(f"{file}:{check.line}", f"unknown place {{{place}}}", f"one of {known}")
    plain = without_texts(check.text)
    if re.search(r"\blet\b", plain):
        raise PlaybookError(f"{file}:{check.line}", "Resource Graph has no `let`", "values in {places}")
    _results(plain, check, file, RESULT_COLUMNS)


def _blank_lines(check: Check, file: str) -> None:
    for offset, text in enumerate(check.text.split("\n")):
        if not text.strip():
            raise PlaybookError(
                f"{file}:{check.line + offset}", "a blank line ends a KQL statement", "none in a block"
            )


def _results(plain: str, check: Check, file: str, columns: Sequence[str]) -> None:
    last = plain.rsplit("|", 1)[-1]
    for column in columns:
        if not last.strip().startswith("project") or not re.search(rf"\b{column}\b", last):
            line = check.line + check.text.count("\n")
            raise PlaybookError(
                f"{file}:{line}",
                f"the check does not return {column}",
                f"`| project {', '.join(columns)}, …` at its end",
            )


def _known(plain: str) -> set[str]:
    closure = "\n".join([*(without_texts(statement) for statement in library_statements(plain)), plain])
    vocabulary = {*SCOPE_NAMES, *library(), *tables(), *KEYWORDS}
    for pattern in _DEFINED:
        vocabulary.update(pattern.findall(closure))
    for word in set(_WORD.findall(closure)) & set(tables()):
        vocabulary.update(tables()[word])
    # A join writes the right side's name twice: Name and Name1.
    return vocabulary | {f"{name}1" for name in vocabulary}


def _unknown(plain: str, vocabulary: set[str], first_line: int) -> Iterator[tuple[str, int]]:
    for match in _WORD.finditer(plain):
        word = match[0]
        is_call = _CALL.match(plain, match.end()) and not _TABLE_LIKE.match(word)
        if word not in vocabulary and not is_call:
            yield word, first_line + plain.count("\n", 0, match.start())
