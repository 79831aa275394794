"""Keep in Table Storage the time until which the arrivals of each workspace have been polled."""

from datetime import datetime
from functools import partial

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from shared.clock import iso
from shared.cloud.storage.transaction import save
from shared.races import until_won

_PARTITION = "looks"  # a stored name; rows of older versions have it
_TRIES = 12  # each lost race means that another writer got on


class TableWatermarks:
    """The marks of all workspaces in one table; implements `shared.incidents.ports.Watermarks`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, workspace: str) -> datetime | None:
        """Return the mark of a workspace, or None before its first poll."""
        entity = self._entity(workspace)
        return None if entity is None else datetime.fromisoformat(entity["until"])

    def advance(self, workspace: str, to: datetime) -> None:
        """Move a mark forward; never backwards, whoever writes.

        Raises:
            LostRaceError: other instances wrote it first, again and again.
        """
        until_won(partial(self._write, workspace, to), tries=_TRIES)

    def _write(self, workspace: str, to: datetime) -> None:
        there = self._entity(workspace)
        if there is not None and datetime.fromisoformat(there["until"]) >= to:
            return
        changed = TableEntity(PartitionKey=_PARTITION, RowKey=workspace, until=iso(to))
        etag = None if there is None else there.metadata["etag"]
        save(self._table, changed, etag, f"the mark of workspace {workspace}")

    def _entity(self, workspace: str) -> TableEntity | None:
        try:
            return self._table.get_entity(_PARTITION, workspace)
        except ResourceNotFoundError:
            return None
