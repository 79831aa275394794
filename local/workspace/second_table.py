"""Write out a function of two tables where it is called: duckdb-kql knows functions of one table only."""

import re

_DECLARED = re.compile(
    r"^let (?P<name>\w+) = \((?P<first>\w+):\(\*\), (?P<second>\w+):\(\*\)\) \{(?P<body>[^{}]*)\};\n",
    re.MULTILINE,
)
# Text literals are matched first, so that a bracket in them closes nothing.
_BRACKET = re.compile(r"@?\"(?:[^\"\\\n]|\\.)*\"|@?'(?:[^'\\\n]|\\.)*'|(?P<bracket>[()])")


def written_out(text: str) -> str:
    """Return a text without its functions of two tables, their bodies standing where they were invoked."""
    while declared := _DECLARED.search(text):
        text = text[: declared.start()] + text[declared.end() :]
        call = re.compile(rf"\binvoke {declared['name']}\(")
        while found := call.search(text):
            end = _closing(text, found.end())
            table = text[found.end() : end].strip()
            text = text[: found.start()] + _steps(declared, _bare(table)) + text[end + 1 :]
    return text


def _steps(declared: re.Match[str], table: str) -> str:
    """Return the steps of a function's body, without the first table that they begin with."""
    body = re.sub(rf"^\s*{declared['first']}\s*\|\s*", "", declared["body"]).rstrip()
    return re.sub(rf"\b{declared['second']}\b", lambda _: table, body)


def _bare(table: str) -> str:
    """Take the brackets off that Kusto wants around a table which is an expression."""
    wrapped = table.startswith("(") and _closing(table, 1) == len(table) - 1
    return table[1:-1].strip() if wrapped else table


def _closing(text: str, start: int) -> int:
    """Return where the bracket is closed that was opened before `start`; the end of a text that leaves it open."""
    depth = 1
    for match in _BRACKET.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match["bracket"] or "", 0)
        if depth == 0:
            return match.start()
    return len(text)
