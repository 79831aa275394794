"""Write the prelude of a KQL text: its scope, and the library functions that it names."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from shared.clock import iso
from shared.queries.schema import empty_table, tables
from shared.queries.scope import LOOKBACK, Scope

LIBRARY = Path(__file__).with_name("library")
SCOPE_NAMES = ("windowStart", "windowEnd", "lookbackStart", "resourceIds", "appIds")

_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"//[^\n]*")
_COMMENT_LINE = re.compile(r"^\s*//.*$", re.MULTILINE)
_TEXT = re.compile(r"""@?h?"(?:[^"\\\n]|\\.)*"|@?h?'(?:[^'\\\n]|\\.)*'""")
_STATEMENT = re.compile(r"^let (\w+) = .*?;$", re.MULTILINE | re.DOTALL)


def complete(text: str, scope: Scope, *, absent: Iterable[str] = ()) -> str:
    """Return a text as it is sent: scope, stand-ins for absent tables, the functions it names, then the text itself."""
    stand_ins = [empty_table(name) for name in sorted(tables_of(text).intersection(absent))]
    return "\n".join([*_scope_lets(scope), *stand_ins, *library_statements(text), text])


def standing_text(
    text: str,
    resources: Iterable[str],
    applications: Iterable[str],
    length: timedelta,
    *,
    end: str = "now()",
    absent: Iterable[str] = (),
) -> str:
    """Return a text as a rule keeps it: its window of this length ends when it is run, and starts on a bucket's edge.

    Comments are left out. `end` is an expression of KQL.
    """
    minutes = length // timedelta(minutes=1)
    lets = [
        f"let windowEnd = {end};",
        f"let windowStart = bin(windowEnd - {minutes}m, 5m);",
        f"let lookbackStart = windowStart - {LOOKBACK // timedelta(hours=1)}h;",
        f"let resourceIds = {_ids(resources)};",
        f"let appIds = {_ids(applications)};",
    ]
    stand_ins = [empty_table(name) for name in sorted(tables_of(text).intersection(absent))]
    bare = "\n".join(line for line in _COMMENT_LINE.sub("", text).splitlines() if line.strip())
    return "\n".join([*lets, *stand_ins, *library_statements(text), bare])


def library_statements(text: str) -> list[str]:
    """Return the library statements that a text needs, directly or indirectly, each after those that it needs itself."""
    return [library()[name] for name in _needs_of(text)]


def without_texts(text: str) -> str:
    """Return a text with its string literals and comments emptied, since a name in them is not used."""
    return _COMMENT.sub("", _TEXT.sub('""', text))


def tables_of(text: str) -> frozenset[str]:
    """Return the names of the tables that a text reads, itself or through the library functions that it needs."""
    words = {*_words(text), *(word for name in _needs_of(text) for word in _library_words()[name])}
    return frozenset(words) & frozenset(tables())


@cache
def library() -> Mapping[str, str]:
    """Return the library's let statements by name, without comments and blank lines."""
    statements: dict[str, str] = {}
    for file in sorted(LIBRARY.glob("*.kql")):
        text = _COMMENT_LINE.sub("", file.read_text(encoding="utf-8"))
        for match in _STATEMENT.finditer(text):
            statements[match[1]] = "\n".join(line for line in match[0].splitlines() if line.strip())
    return statements


@cache
def _library_words() -> Mapping[str, tuple[str, ...]]:
    """Return the words of each library statement: looked for once, and not in every text that is completed."""
    return {name: _words(statement) for name, statement in library().items()}


def _needs_of(text: str) -> Iterable[str]:
    """Return the names of the library statements that a text needs, each after those that it needs itself."""
    names: dict[str, None] = {}
    for word in _words(text):
        if word in library():
            _collect(word, names)
    return names


def _collect(name: str, names: dict[str, None]) -> None:
    if name in names:
        return
    for word in _library_words()[name]:
        if word != name and word in library():
            _collect(word, names)
    names[name] = None


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORD.findall(without_texts(text))))


def _scope_lets(scope: Scope) -> list[str]:
    return [
        f"let windowStart = {_datetime(scope.window.start)};",
        f"let windowEnd = {_datetime(scope.window.end)};",
        f"let lookbackStart = {_datetime(scope.window.start - LOOKBACK)};",
        f"let resourceIds = {_ids(scope.resources)};",
        f"let appIds = {_ids(scope.applications)};",
    ]


def _datetime(moment: datetime) -> str:
    return f"datetime({iso(moment)})"


def _ids(ids: Iterable[str]) -> str:
    quoted = ", ".join(
        '"' + identity.lower().replace("\\", "\\\\").replace('"', '\\"') + '"' for identity in ids
    )
    return f"dynamic([{quoted}])"
