"""Read the filters of table queries: comparisons of properties with constants, `and`, `or`, `not` and parentheses."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]
Predicate = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<moment>datetime'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?L?)|(?P<word>\w+)|(?P<sign>[()]))"
)
_COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


@lru_cache(maxsize=4096)
def predicate_of(text: str) -> Predicate:
    """Return whether a row passes a filter, as a function."""
    tokens = _tokens(text)
    predicate = _either(tokens)
    if tokens:
        raise ValueError(f"{tokens[0][1]!r} is left over in {text!r}")
    return predicate


def _tokens(text: str) -> list[tuple[str, str]]:
    return [(str(match.lastgroup), match[str(match.lastgroup)]) for match in _matches(text.strip())]


def _matches(text: str) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"{text[place:]!r} is not understood")
        yield match
        place = match.end()


def _either(tokens: list[tuple[str, str]]) -> Predicate:
    parts = [_both(tokens)]
    while tokens and tokens[0][1] == "or":
        tokens.pop(0)
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)


def _both(tokens: list[tuple[str, str]]) -> Predicate:
    parts = [_single(tokens)]
    while tokens and tokens[0][1] == "and":
        tokens.pop(0)
        parts.append(_single(tokens))
    return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)


def _single(tokens: list[tuple[str, str]]) -> Predicate:
    _, word = tokens.pop(0)
    if word == "not":
        denied = _single(tokens)
        return lambda row: not denied(row)
    if word == "(":
        inner = _either(tokens)
        if tokens.pop(0)[1] != ")":
            raise ValueError("a parenthesis is not closed")
        return inner
    compare = _COMPARE[tokens.pop(0)[1]]
    constant = _constant(*tokens.pop(0))

    def passes(row: Row) -> bool:
        value = row.get(word)
        if isinstance(constant, datetime) and isinstance(value, str):
            value = datetime.fromisoformat(value)
        if value is None or isinstance(value, str) is not isinstance(constant, str):
            return False
        return bool(compare(value, constant))

    return passes


def _constant(kind: str, text: str) -> Any:
    if kind == "moment":
        return datetime.fromisoformat(text.removeprefix("datetime").strip("'"))
    if kind == "text":
        return text[1:-1].replace("''", "'")
    if kind == "number":
        return float(text.rstrip("L"))
    return {"true": True, "false": False}[text]
