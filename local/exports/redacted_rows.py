"""Make the rows of a log fit to be shared: no secrets, users and addresses behind a hash that is the same in every table."""

import json
import re
from collections.abc import Callable, Iterable, Mapping

from shared.redaction import UserIds, listed_ids, redact, visible

ExportedRow = Mapping[str, object]

_USER_COLUMN = re.compile(
    r"(?i)(user(authenticated|account)?|caller|identity|identifier|participant|sender)_?(id|name)?s?[ab\d]?$"
    r"|ip_?(address)?$"
)
_WORD = re.compile(r"[^\s\"'<>,;|=&?/()\[\]{}]+")


class RowRedaction:
    """Hides what must not leave; it has to `learn` every row before it may `clean` one, for texts repeat ids of columns."""

    def __init__(self, users: UserIds, dynamic: Callable[[str], frozenset[str]]) -> None:
        """Hide with a hash of `users`; `dynamic` names the columns of a table whose text is JSON."""
        self._users = users
        self._dynamic = dynamic
        self._known: set[str] = set()

    def learn(self, table: str, rows: Iterable[ExportedRow]) -> None:
        """Remember the ids that stand in columns of users."""
        for row in rows:
            for column, value in self._parsed(table, row).items():
                self._learn(column, value)

    def clean(self, table: str, row: ExportedRow) -> dict[str, object]:
        """Return a row without secrets, ids and empty cells."""
        redacted_row = {
            column: self._shown(column, value) for column, value in self._parsed(table, row).items()
        }
        return {column: value for column, value in redacted_row.items() if value not in (None, "")}

    def _parsed(self, table: str, row: ExportedRow) -> dict[str, object]:
        nested = self._dynamic(table)
        return {column: _json(value) if column in nested else value for column, value in row.items()}

    def _learn(self, name: str, value: object) -> None:
        if isinstance(value, dict):
            for inner, item in value.items():
                self._learn(str(inner), item)
        elif isinstance(value, list):
            for item in value:
                self._learn(name, item)
        elif isinstance(value, str) and value and _USER_COLUMN.search(name):
            self._known.update(listed_ids(value))

    def _shown(self, name: str, value: object) -> object:
        if isinstance(value, dict):
            return {redact(str(inner)): self._shown(str(inner), item) for inner, item in value.items()}
        if isinstance(value, list):
            return [self._shown(name, item) for item in value]
        if not isinstance(value, str) or not value:
            return value
        if _USER_COLUMN.search(name):
            return self._users.name(redact(visible(value)))
        # Ids are words or whole cells; looking each of them up costs no more with more users.
        text = value if value not in self._known else self._users.name(value)
        text = _WORD.sub(lambda word: self._users.name(word[0]) if word[0] in self._known else word[0], text)
        # A secret is cut before and after: what an id stood in may only now have its shape.
        return self._users.hide_in(redact(visible(redact(text))))


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):  # a text that only looks like JSON stays a text
        return value
