"""Keep the states of the watch's sources in Table Storage."""

from collections.abc import Mapping, Sequence

from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import Operation, saving, submit
from shared.health.sources import Source, SourceState

_PARTITION = "sources"  # one partition, so that a poll reads all in one query and saves a hundred at once
# https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
_TRANSACTION = 100
_SOURCE, _STATE = RowCodec(Source), RowCodec(SourceState)


class TableSources:
    """One entity per source; implements `shared.health.sources.Sources`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _with_state, shelf)

    def read(self) -> Mapping[Source, SourceState]:
        """Return the state of every source that was ever saved."""
        entities = self._table.query_entities(f"PartitionKey eq '{_PARTITION}'")
        return dict(self._rows.all(entities))

    def save(self, states: Mapping[Source, SourceState]) -> Sequence[Source]:
        """Store states; return those of a transaction in which another instance was first, none of which is stored."""
        pairs = list(states.items())
        lost: list[Source] = []
        for start in range(0, len(pairs), _TRANSACTION):
            chunk = pairs[start : start + _TRANSACTION]
            if not submit(self._table, [_saving(source, state) for source, state in chunk]):
                lost += [source for source, _ in chunk]
        return lost

    def forget(self, sources: Sequence[Source]) -> None:
        """Delete the states of sources that are no longer watched."""
        for source in sources:
            self._table.delete_entity(_PARTITION, source.key)  # one that is gone is not an error to the SDK


def _with_state(row: TableEntity) -> tuple[Source, SourceState]:
    return _SOURCE.read(row), _STATE.read(row, etag=str(row.metadata["etag"]))


def _saving(source: Source, state: SourceState) -> Operation:
    entity = TableEntity(PartitionKey=_PARTITION, RowKey=source.key)
    entity.update(_SOURCE.write(source) | _STATE.write(state))
    return saving(entity, state.etag)
