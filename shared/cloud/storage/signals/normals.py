"""Keep in Table Storage what was learned of the normal of each signal."""

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime

from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.row import RowCodec, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import delete_rows
from shared.objectives.learned import LearnedNormal

_MOST_DELETED = 200  # at once: a watch has other things to do
_CODEC = RowCodec(LearnedNormal, keyed=(), inlined=("normal",))


class TableNormals:
    """One row per resource and signal, those of a resource in one partition; implements `shared.objectives.learned.LearnedNormals`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _learned, shelf)

    def all(self) -> Sequence[LearnedNormal]:
        """Return the normals of all resources."""
        return list(self._rows.all(self._table.list_entities()))

    def of(self, resource: str) -> Sequence[LearnedNormal]:
        """Return the normals of one resource."""
        parameters = {"partition": _partition(resource)}
        rows = self._table.query_entities("PartitionKey eq @partition", parameters=parameters)
        return list(self._rows.all(rows))

    def keep(self, normals: Sequence[LearnedNormal]) -> None:
        """Store the normals of one resource, each in the place of an earlier one of its signal."""
        if normals:
            self._table.submit_transaction(
                [("upsert", _entity(normal), {"mode": "replace"}) for normal in normals]
            )

    def forget(self, before: datetime) -> None:
        """Delete some of the normals that were learned before a moment."""
        parameters = {"before": text_of(before)}
        rows = self._table.query_entities(
            "learned_at lt @before", parameters=parameters, select=["PartitionKey", "RowKey"]
        )
        delete_rows(self._table, rows, _MOST_DELETED)


def _learned(row: TableEntity) -> LearnedNormal:
    learned = _CODEC.read(row)
    if (row["PartitionKey"], row["RowKey"]) != (_partition(learned.resource), learned.signal):
        raise ValueError("its resource and signal are not those of its keys")
    normal, _ = learned.normal, learned.is_learning
    spreads = (normal.dispersion, normal.daily)
    if not (0 < normal.share < 1 and all(0 <= spread < math.inf for spread in spreads)):
        raise ValueError("its numbers are not those of a normal")
    return learned


def _entity(learned: LearnedNormal) -> TableEntity:
    entity = TableEntity(PartitionKey=_partition(learned.resource), RowKey=learned.signal)
    entity.update(_CODEC.write(learned))
    return entity


def _partition(resource: str) -> str:
    return hashlib.sha256(resource.encode()).hexdigest()[:32]  # an ARM id holds "/", a key may not
