"""Write the appendix of queries: what several have in common once, then what is each one's own."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.next_command import query_command
from shared.queries.prelude import without_texts
from shared.redaction import escape_markdown

_STATEMENT = re.compile(r"let (\w+) = .*?;\n", re.DOTALL)
_DEEP = re.compile(r"^ {5,}", re.MULTILINE)  # how far a line stands in means nothing
_SYMPTOM = "symptom"
_FRAME_BYTES = 80  # of a heading and a fence


class Titled(NamedTuple):
    """The query of one check."""

    check: str  # as `linekeeper query` names it
    title: str
    query: str


def appendix(diagnosis: Diagnosis, room_bytes: int) -> Iterator[str]:
    """Yield the paragraphs of the appendix; a query that has no room is named by the command that prints it."""
    titled = [
        Titled(_SYMPTOM, "The symptom", diagnosis.symptom.query),
        *(Titled(each.hypothesis, each.title, each.evidence.query) for each in diagnosis.findings),
    ]
    titled = [each for each in titled if each.query]
    if not titled:
        return
    yield "## Appendix: the complete queries"
    shared, own = _fitting([each.query for each in titled], room_bytes)
    if shared:
        yield "Put the shared part before any of the others: together they run in the Logs page of the workspace."
        yield "### Shared by the queries"
        yield fenced(shared)
    for each, text in zip(titled, own, strict=False):
        yield f"### {escape_markdown(each.title)}"
        yield fenced(text)
    rest = titled[len(own) :]
    if rest:
        yield "There is no room for the others here. Each command prints one, complete:"
        yield fenced("\n".join(_command(each, diagnosis) for each in rest), "sh")


def _fitting(queries: Sequence[str], room_bytes: int) -> tuple[str, list[str]]:
    """Return the shared part and the own parts of as many queries, of the best hypotheses first, as have room."""
    for count in range(len(queries), 0, -1):
        shared, own = parted(queries[:count])
        shared = _DEEP.sub("    ", shared)
        size = len(shared.encode()) + sum(len(text.encode()) + _FRAME_BYTES for text in own)
        if size <= room_bytes:
            return shared, own
    return "", []


def parted(queries: Sequence[str]) -> tuple[str, list[str]]:
    """Return the statements that several queries have in common, in an order that works, and what is each one's own."""
    split = [_statements(query) for query in queries]
    texts = Counter(statement for statements, _ in split for statement in statements)
    variants = Counter(_name(statement) for statement in texts)
    common = [text for text, times in texts.items() if times > 1 and variants[_name(text)] == 1]
    own = [
        "".join([*(statement for statement in statements if statement not in common), rest])
        for statements, rest in split
    ]
    return "".join(common).rstrip("\n"), own


def fenced(query: str, language: str = "kql") -> str:
    """Return a text as a code block that nothing in it can end."""
    fence = "`" * (1 + max([2, *map(len, re.findall(r"`+", query))]))
    return f"{fence}{language}\n{query.rstrip()}\n{fence}"


def _statements(query: str) -> tuple[list[str], str]:
    """Split a query into its `let` statements and the rest; one that cannot be told to be whole belongs to the rest."""
    statements: list[str] = []
    position = 0
    while (match := _STATEMENT.match(query, position)) and _is_whole(match[0]):
        statements.append(match[0])
        position = match.end()
    return statements, query[position:]


def _is_whole(statement: str) -> bool:
    bare = without_texts(statement)
    return all(bare.count(opening) == bare.count(closing) for opening, closing in ("()", "{}", "[]"))


def _name(statement: str) -> str:
    return statement.split(maxsplit=2)[1]


def _command(each: Titled, diagnosis: Diagnosis) -> str:
    return query_command(diagnosis.playbook, each.check, diagnosis.resource, diagnosis.window)
