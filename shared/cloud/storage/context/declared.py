"""Keep what Microsoft declared in Table Storage: one row per event, in one partition."""

from collections.abc import Callable, Sequence
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import delete_rows
from shared.context.event import ServiceHealthEvent

_PARTITION = "events"
_MOST_DELETED = 1_000  # at once
_CODEC = RowCodec(ServiceHealthEvent, keyed=())


class TableDeclaredEvents:
    """Implements `shared.context.declared.DeclaredEvents`."""

    def __init__(self, table: Callable[[], TableClient], shelf: Shelf | None = None) -> None:
        """Take what returns the table, which is asked for when it is needed."""
        self._table = table
        self._rows = Rows(table, _CODEC.read, shelf)

    def keep(self, events: Sequence[ServiceHealthEvent], now: datetime) -> None:
        """Store each event in the place of what was kept of it."""
        for event in events:
            self._table().upsert_entity(_entity(event, now), mode=UpdateMode.REPLACE)

    def all(self) -> Sequence[ServiceHealthEvent]:
        """Return every event that is kept and can be read."""
        rows = self._table().query_entities(f"PartitionKey eq '{_PARTITION}'")
        return tuple(self._rows.all(rows))

    def get(self, tracking_id: str) -> ServiceHealthEvent | None:
        """Return one event; None where none is kept under this id, in whatever case it is written."""
        try:
            return self._rows.one(self._table().get_entity(_PARTITION, tracking_id.lower()))
        except ResourceNotFoundError:
            return None

    def forget(self, before: datetime) -> None:
        """Delete the events that were last read before a moment."""
        query = f"PartitionKey eq '{_PARTITION}' and seen_at lt '{text_of(before)}'"
        rows = self._table().query_entities(query, select=["PartitionKey", "RowKey"])
        delete_rows(self._table(), rows, _MOST_DELETED)


def _entity(event: ServiceHealthEvent, now: datetime) -> TableEntity:
    entity = TableEntity(PartitionKey=_PARTITION, RowKey=event.tracking_id.lower(), seen_at=text_of(now))
    entity.update(_CODEC.write(event))
    return entity
