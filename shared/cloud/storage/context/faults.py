"""Keep in Table Storage which faults of a configuration were announced."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec
from shared.health.configuration_watch import FaultState

_STATE = RowCodec(FaultState)

_log = logging.getLogger(__name__)


class TableFaults:
    """One entity per fault of a resource; implements `shared.health.configuration_watch.KnownFaults`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def of(self, resource: str) -> Mapping[str, FaultState]:
        """Return what is remembered of the faults of a resource, by their keys; a row that cannot be read is left out."""
        rows = self._table.query_entities(f"PartitionKey eq '{_hash(resource)}'")
        return {state.key: state for state in _states(rows)}

    def save(self, resource: str, states: Sequence[FaultState]) -> None:
        """Store states in place of the former ones."""
        for state in states:
            entity = TableEntity(PartitionKey=_hash(resource), RowKey=_hash(state.key), resource=resource)
            entity.update(_STATE.write(state))
            self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _states(rows: Iterable[TableEntity]) -> Iterator[FaultState]:
    for row in rows:
        try:
            yield _STATE.read(row)
        except (KeyError, ValueError, TypeError) as error:
            _log.warning("the fault in row %s cannot be read: %r", row["RowKey"], error)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]  # an id holds `/`, which a key may not
