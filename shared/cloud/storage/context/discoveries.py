"""Keep in Table Storage what was discovered."""

import hashlib
from collections.abc import Callable
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.unavailable import storage_answers
from shared.configuration.resources import Selection
from shared.context.discoveries import Discovery, KnownNeeds

_FOUND, _NEEDS = "found", "needs"
_DISCOVERY, _KNOWN = RowCodec(Discovery), RowCodec(KnownNeeds)


class TableDiscoveries:
    """One entity per selection and per line; implements `shared.context.discoveries.Discoveries`."""

    def __init__(self, table: Callable[[], TableClient], shelf: Shelf | None = None) -> None:
        self._table = table
        self._discoveries = Rows(table, _DISCOVERY.read, shelf)
        self._known = Rows(table, _KNOWN.read, shelf)

    def found(self, selection: Selection) -> Discovery | None:
        """Return what a selection found."""
        with storage_answers():
            return self._discoveries.one(self._row(_FOUND, selection.key))

    def keep_found(self, selection: Selection, discovery: Discovery) -> None:
        """Store what a selection found."""
        self._put(_FOUND, selection.key, _DISCOVERY.write(discovery))

    def needs(self, resource: str) -> KnownNeeds | None:
        """Return what a line was found to depend on."""
        with storage_answers():
            return self._known.one(self._row(_NEEDS, _hash(resource)))

    def keep_needs(self, resource: str, needs: KnownNeeds) -> None:
        """Store what a line was found to depend on."""
        self._put(_NEEDS, _hash(resource), {**_KNOWN.write(needs), "resource": resource})

    def _row(self, partition: str, key: str) -> TableEntity | None:
        try:
            return self._table().get_entity(partition, key)
        except ResourceNotFoundError:
            return None

    def _put(self, partition: str, key: str, properties: dict[str, Any]) -> None:
        entity = TableEntity(PartitionKey=partition, RowKey=key)
        entity.update(properties)
        with storage_answers():
            self._table().upsert_entity(entity, mode=UpdateMode.REPLACE)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]  # an id holds `/`, which a key may not
