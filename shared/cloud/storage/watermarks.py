"""Keep in Table Storage the time until which the arrivals of each workspace have been polled."""

from datetime import datetime
from functools import partial

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from shared.clock import is_astray, iso
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import save
from shared.races import until_won
from shared.shapes import check_shape

_PARTITION = "looks"  # a stored name; rows of older versions have it
_TRIES = 12  # each lost race means that another writer got on


class TableWatermarks:
    """The marks of all workspaces in one table; implements `shared.incidents.ports.Watermarks`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _mark, shelf)

    def get(self, workspace: str) -> datetime | None:
        """Return the mark of a workspace, or None before its first poll."""
        mark = self._rows.one(self._entity(workspace))
        return mark[0] if mark else None

    def advance(self, workspace: str, to: datetime) -> None:
        """Move a mark forward; never backwards, whoever writes, but from where a clock that was wrong has put it.

        Raises:
            LostRaceError: other instances wrote it first, again and again.
        """
        until_won(partial(self._write, workspace, to), tries=_TRIES)

    def _write(self, workspace: str, to: datetime) -> None:
        mark = self._rows.one(self._entity(workspace))
        if mark is not None and mark[0] >= to and not is_astray(mark[0], to):
            return
        changed = TableEntity(PartitionKey=_PARTITION, RowKey=workspace, until=iso(to))
        etag = mark[1] if mark else None
        save(self._table, changed, etag, f"the mark of workspace {workspace}")

    def _entity(self, workspace: str) -> TableEntity | None:
        try:
            return self._table.get_entity(_PARTITION, workspace)
        except ResourceNotFoundError:
            return None


def _mark(entity: TableEntity) -> tuple[datetime, str]:
    until = datetime.fromisoformat(entity["until"])
    check_shape(until, datetime, "until")
    return until, str(entity.metadata["etag"])
