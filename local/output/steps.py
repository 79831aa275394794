"""Cut a check's KQL where it begins to count, so that the rows behind its figures can be asked for."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""//[^\n]*|@?h?"(?:[^"\\\n]|\\.)*"|@?h?'(?:[^'\\\n]|\\.)*'|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<mark>[|;])"""
)
_LET = re.compile(r"\s*let\s+(?P<name>\w+)\s*=\s*(?P<body>.*)", re.DOTALL)
_JUDGES = re.compile(r"invoke\s+(?:judge|weigh)\w*\s*\(")
_COUNTS = re.compile(r"(?:summarize|count|top|make-series|take|invoke)\b")


class RowQuery(NamedTuple):
    """The query for the rows that a figure was counted from; `name` is empty for those of the check itself."""

    name: str
    text: str


def row_queries(text: str) -> list[RowQuery]:
    """Return the queries for the rows that a check counts: its own, and those of each `let` that judges rows, too."""
    *lets, last = _split(text, ";")
    queries = [RowQuery("", "".join(f"{statement};" for statement in lets) + _before_counting(last))]
    for place, statement in enumerate(lets):
        match = _LET.fullmatch(statement)
        if match and _JUDGES.search(match["body"]):
            earlier = "".join(f"{each};" for each in lets[:place])
            queries.append(RowQuery(match["name"], f"{earlier}\n{_before_counting(match['body'])}"))
    return queries


def _before_counting(expression: str) -> str:
    """Return the steps of an expression before it judges its rows, or before it aggregates them."""
    source, *steps = _split(expression, "|")
    judged = [place for place, step in enumerate(steps) if _JUDGES.match(step.strip())]
    counted = [place for place, step in enumerate(steps) if _COUNTS.match(step.strip())]
    end = (judged or counted or [len(steps)])[0]
    return "|".join([source, *steps[:end]]).rstrip()


def _split(text: str, mark: str) -> list[str]:
    """Split a text at a mark that stands outside of brackets, text literals and comments."""
    parts, start = [], 0
    for place in _places(text, mark):
        parts.append(text[start:place])
        start = place + 1
    return [*parts, text[start:]]


def _places(text: str, mark: str) -> Iterator[int]:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += bool(match["open"]) - bool(match["close"])
        if depth == 0 and match["mark"] == mark:
            yield match.start()
