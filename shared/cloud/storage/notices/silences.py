"""Keep the silences that people made from a card or a notice in Table Storage, beside those of the file."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.cloud.storage.row import RowCodec, StorageRow, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.configuration.match import Match
from shared.configuration.silences import Silence
from shared.errors import InputError
from shared.notices.routing.silence import occurrence

_MADE = "made"  # the one partition: what holds now is found by one query
# What only silences of the file have stands in no row.
_CODEC = RowCodec(Silence, keyed=["id", "weekly"])


class TableSilences:
    """The silences of a table and of the file; implements `shared.notices.routing.silence.Silences`."""

    def __init__(
        self, table: TableClient, of_file: Sequence[Silence] = (), shelf: Shelf | None = None
    ) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _silence, shelf)
        self._of_file = of_file

    def active(self, now: datetime) -> tuple[Silence, ...]:
        """Return every silence that holds at a moment."""
        silences = (*self._of_file, *self._not_over(now))
        return tuple(silence for silence in silences if occurrence(silence, now) is not None)

    def made(self, now: datetime) -> tuple[Silence, ...]:
        """Return those that people made from a card or a notice and that are not over, by their ends."""
        return tuple(
            sorted(self._not_over(now), key=lambda silence: (text_of(silence.end or now), silence.id))
        )

    def get(self, silence: str) -> Silence | None:
        """Return the silence that a person made under this id, or None."""
        try:
            return self._rows.one(self._table.get_entity(_MADE, silence))
        except ResourceNotFoundError:
            return None

    def add(self, silence: Silence) -> None:
        """Keep a silence; one that is kept already stays as it is.

        Raises:
            InputError: it fits everything, or names no time; weekly ones are of the file only.
        """
        with suppress(ResourceExistsError):  # a double click
            self._table.create_entity(_row(silence))

    def put(self, silence: Silence) -> None:
        """Keep a silence in the place of the one of its id.

        Raises:
            InputError: it fits everything, or names no time; weekly ones are of the file only.
        """
        self._table.upsert_entity(_row(silence), mode=UpdateMode.REPLACE)

    def _not_over(self, now: datetime) -> Sequence[Silence]:
        # A row whose end is none is read, too, and then set aside.
        rows = self._table.query_entities(f"PartitionKey eq '{_MADE}' and not (end le '{text_of(now)}')")
        return tuple(self._rows.all(rows))


def _row(silence: Silence) -> StorageRow:
    fits_all = silence.incident is None and silence.match == Match()
    if fits_all or silence.start is None or silence.end is None:
        raise InputError(f"silence {silence.id}", "it names nothing or no time", "both, from a card")
    return _CODEC.write(silence) | {"PartitionKey": _MADE, "RowKey": silence.id}


def _silence(row: Mapping[str, Any]) -> Silence:
    return _CODEC.read(row, id=row["RowKey"])
