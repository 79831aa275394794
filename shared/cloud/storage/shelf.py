"""Read rows one by one: one that cannot be read is set aside, and the others are served."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from azure.data.tables import TableClient

from shared.errors import InputError
from shared.isolation import DATA_ERRORS, reason_of

_T = TypeVar("_T")
_UNREADABLE = (*DATA_ERRORS, InputError)

_log = logging.getLogger(__name__)


class Shelf(Protocol):
    """Where rows go that cannot be read."""

    def set_aside(self, table: TableClient, row: Mapping[str, Any], reason: str) -> None:
        """Keep a row with its reason, whole and as it was, then take it out of its table; safe to repeat.

        `row` has at least its keys.
        """
        ...


class InPlace:
    """Leaves rows where they are."""

    def set_aside(self, table: TableClient, row: Mapping[str, Any], reason: str) -> None:
        """Do nothing more: it stands in the log."""


class Rows(Generic[_T]):
    """The rows of a table as what they stand for.

    Args:
        table: asked for when it is needed.
        read: returns what a row stands for.
    """

    def __init__(
        self, table: Callable[[], TableClient], read: Callable[[Any], _T], shelf: Shelf | None = None
    ) -> None:
        self._table = table
        self._read = read
        self._shelf = shelf or InPlace()

    def all(self, rows: Iterable[Any]) -> Iterator[_T]:
        """Yield what each row stands for; those that cannot be read are set aside."""
        for row in rows:
            value = self.one(row)
            if value is not None:
                yield value

    def one(self, row: Any) -> _T | None:
        """Return what a row stands for, or None where there is none or it cannot be read and is set aside."""
        if row is None:
            return None
        try:
            return self._read(row)
        except _UNREADABLE as error:
            reason = reason_of(error)
        table = self._table()
        _log.error(
            "row %s/%s of %s cannot be read: %s",
            row.get("PartitionKey"),
            row.get("RowKey"),
            table.table_name,
            reason,
        )
        self._shelf.set_aside(table, row, reason)
        return None
