"""Keep in Table Storage which faults of a configuration were announced."""

import hashlib
from collections.abc import Mapping, Sequence

from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.shelf import Rows, Shelf
from shared.health.configuration_watch import FaultState

_STATE = RowCodec(FaultState)


class TableFaults:
    """One entity per fault of a resource; implements `shared.health.configuration_watch.KnownFaults`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _STATE.read, shelf)

    def of(self, resource: str) -> Mapping[str, FaultState]:
        """Return what is remembered of the faults of a resource, by their keys."""
        rows = self._table.query_entities(f"PartitionKey eq '{_hash(resource)}'")
        return {state.key: state for state in self._rows.all(rows)}

    def save(self, resource: str, states: Sequence[FaultState]) -> None:
        """Store states in place of the former ones."""
        for state in states:
            entity = TableEntity(PartitionKey=_hash(resource), RowKey=_hash(state.key), resource=resource)
            entity.update(_STATE.write(state))
            self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]  # an id holds `/`, which a key may not
