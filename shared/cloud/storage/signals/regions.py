"""Keep in Table Storage the regions that resources' logs told."""

import hashlib
from collections.abc import Mapping

from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.shelf import Rows, Shelf
from shared.shapes import check_shape

_PARTITION = "regions"


class TableRegions:
    """One entity per resource; implements `shared.signals.regions.Regions`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _region, shelf)

    def by_resource(self) -> Mapping[str, str]:
        """Return what was learnt."""
        entities = self._table.query_entities(f"PartitionKey eq '{_PARTITION}'")
        return dict(self._rows.all(entities))

    def learn(self, resource: str, region: str) -> None:
        """Keep the region of a resource in the place of an earlier one."""
        key = hashlib.sha256(resource.encode()).hexdigest()  # an id holds `/`, which a key may not
        entity = TableEntity(PartitionKey=_PARTITION, RowKey=key, resource=resource, region=region)
        self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _region(entity: TableEntity) -> tuple[str, str]:
    learnt = (entity["resource"], entity["region"])
    check_shape(learnt, tuple[str, str], "the region")
    return learnt
