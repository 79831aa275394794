"""Store the query of a check without the statements of the library, which are the same in every diagnosis."""

import re

from shared.queries.prelude import library, library_statements

MARK = "// The statements of Linekeeper's library stand here."
_STATEMENT = re.compile(r"^let (\w+) = .*?;$\n?", re.MULTILINE | re.DOTALL)


def without_library(query: str) -> str:
    """Return a query with a mark in the place of its library statements; as it is where `with_library` would not restore it."""
    marks: list[int] = []

    def marked(match: re.Match[str]) -> str:
        if match[0].rstrip("\n") != library().get(match[1]):
            return match[0]
        marks.append(match.start())
        return f"{MARK}\n" if len(marks) == 1 else ""

    short = _STATEMENT.sub(marked, query)
    return short if marks and with_library(short) == query else query


def with_library(short: str) -> str:
    """Return a query with the library statements that it needs today in the place of the mark, if it has one."""
    head, mark, text = short.partition(f"{MARK}\n")
    return "\n".join([head.rstrip("\n"), *library_statements(text), text]) if mark else short
