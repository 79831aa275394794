"""Choose connections by an OData filter, as far as the REST API describes it.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-odata-filter
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from local.pubsub.clients.connection import Connection

Test = Callable[[Connection], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z]+)|(?P<sign>[()]))")
_FIELDS: dict[str, Callable[[Connection], str | None]] = {
    "userid": lambda connection: connection.user_id or None,
    "connectionid": lambda connection: connection.id,
    "protocol": lambda connection: connection.subprotocol,
}


class BadFilterError(Exception):
    """The filter is not one that this stand-in reads; the message says where."""


class _Token(NamedTuple):
    kind: str
    text: str


def read_filter(text: str | None) -> Test:
    """Return the test that a filter is; without a filter everyone passes.

    It has `and`, `or`, `not`, brackets, `eq`, `ne`, `null` and `'group' in groups`. Comparisons by order and functions
    are refused.

    Raises:
        BadFilterError: it has something else.
    """
    if not text:
        return lambda _: True
    parser = _Parser(list(_tokens(text)))
    test = parser.any_of()
    parser.expect_end()
    return test


def _tokens(text: str) -> list[_Token]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadFilterError(f"cannot read {text[place:]!r}")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind]))
        place = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._takes("or"):
            tests.append(self._all_of())
        return lambda connection: any(test(connection) for test in tests)

    def expect_end(self) -> None:
        if self._tokens:
            raise BadFilterError(f"unexpected {self._tokens[0].text!r}")

    def _all_of(self) -> Test:
        tests = [self._term()]
        while self._takes("and"):
            tests.append(self._term())
        return lambda connection: all(test(connection) for test in tests)

    def _term(self) -> Test:
        if self._takes("not"):
            inner = self._term()
            return lambda connection: not inner(connection)
        if self._takes("("):
            inner = self.any_of()
            if not self._takes(")"):
                raise BadFilterError("a bracket is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left, operator, right = self._next(), self._next().text.lower(), self._next()
        if operator == "in" and left.kind == "text" and right.text.lower() == "groups":
            group = _unquoted(left.text)
            return lambda connection: group in connection.groups
        field = _FIELDS.get(left.text.lower()) if left.kind == "word" else None
        if field is None or operator not in {"eq", "ne"}:
            raise BadFilterError(f"cannot compare {left.text!r} {operator} {right.text!r}")
        wanted = _literal(right)
        return lambda connection: (field(connection) == wanted) == (operator == "eq")

    def _next(self) -> _Token:
        if not self._tokens:
            raise BadFilterError("it ends too early")
        return self._tokens.pop(0)

    def _takes(self, word: str) -> bool:
        if self._tokens and self._tokens[0].kind != "text" and self._tokens[0].text.lower() == word:
            self._tokens.pop(0)
            return True
        return False


def _literal(token: _Token) -> str | None:
    if token.kind == "text":
        return _unquoted(token.text)
    if token.text.lower() == "null":
        return None
    raise BadFilterError(f"cannot read {token.text!r}")


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
