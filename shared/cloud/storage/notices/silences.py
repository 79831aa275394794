"""Keep the silences that people made from a card in Table Storage, beside those of the file."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient

from shared.cloud.storage.row import text_of
from shared.configuration.silences import Silence
from shared.errors import InputError
from shared.notices.routing.silence import occurrence

_MADE = "made"  # the one partition: what holds now is found by one query


class TableSilences:
    """The silences of a table and of the file; implements `shared.notices.routing.silence.Silences`."""

    def __init__(self, table: TableClient, of_file: Sequence[Silence] = ()) -> None:
        self._table = table
        self._of_file = of_file

    def active(self, now: datetime) -> tuple[Silence, ...]:
        """Return every silence that holds at a moment."""
        rows = self._table.query_entities(f"PartitionKey eq '{_MADE}' and end gt '{text_of(now)}'")
        silences = (*self._of_file, *map(_silence, rows))
        return tuple(silence for silence in silences if occurrence(silence, now) is not None)

    def add(self, silence: Silence) -> None:
        """Keep a silence; one that is kept already stays as it is.

        Raises:
            InputError: it is not that of an incident for a time; only the file knows others.
        """
        if silence.incident is None or silence.start is None or silence.end is None:
            raise InputError(f"silence {silence.id}", "it names no incident or no time", "both, from a card")
        row = {
            "PartitionKey": _MADE,
            "RowKey": silence.id,
            "reason": silence.reason,
            "start": text_of(silence.start),
            "end": text_of(silence.end),
            "incident": silence.incident,
            "by": silence.by,
        }
        with suppress(ResourceExistsError):  # a double click
            self._table.create_entity(row)


def _silence(row: Mapping[str, Any]) -> Silence:
    return Silence(
        id=row["RowKey"],
        reason=row["reason"],
        start=datetime.fromisoformat(row["start"]),
        end=datetime.fromisoformat(row["end"]),
        incident=row["incident"],
        by=row["by"],
    )
