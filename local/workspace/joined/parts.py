"""Take a query of several checks apart: duckdb-kql knows no function whose body is a table.

Each check's text is then the one that is sent when it is asked alone, and its SQL is the kept one.
"""

import re
from dataclasses import dataclass

from shared.queries.prelude import library_statements

_FUNCTION = re.compile(
    r"^let (?P<name>\w+) = \(\) \{\n(?P<body>.*?)\n\};\n(?=let \w+ = \(\) \{\n|union\n)",
    re.MULTILINE | re.DOTALL,
)
_LEG = re.compile(r"\((?P<name>\w+)\(\) (?P<steps>\|.*)\),?")


@dataclass(frozen=True, slots=True)
class Part:
    """A check as it is asked alone, and what the query of several does with its rows."""

    text: str
    steps: str  # begins with a pipe


def parts_of(text: str) -> list[Part]:
    """Return the parts of a query in the order of its `union`; none where it is not one of several checks."""
    head, functions = text.partition("\n")[0], list(_FUNCTION.finditer(text))
    bodies = {function["name"]: function["body"] for function in functions}
    lines = text[functions[-1].end() :].split("\n")[1:] if functions else []
    legs = [_LEG.fullmatch(line) for line in lines]
    if not legs or not all(leg and leg["name"] in bodies for leg in legs):
        return []
    declared = [head] if head.startswith("declare ") else []
    return [
        Part(
            "\n".join([*declared, *library_statements(bodies[leg["name"]]), bodies[leg["name"]]]),
            leg["steps"],
        )
        for leg in legs
        if leg
    ]
