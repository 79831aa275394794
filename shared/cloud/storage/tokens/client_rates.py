"""Keep in Table Storage how many clients usually come to each process."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.unavailable import storage_answers
from shared.shapes import check_shape
from shared.tokens.client_rates import ProcessRate

_KEPT = timedelta(days=1)
_MOST_REMOVED = 20  # rows of processes that are gone, in one exchange


class TableClientRates:
    """One row per resource and process; implements `shared.tokens.client_rates.ClientRates`.

    Each process writes its own row alone, so that nobody waits for another. Rows of processes that are gone are removed.
    """

    def __init__(self, table: Callable[[], TableClient], shelf: Shelf | None = None) -> None:
        """Take what returns the table, which is asked for when it is needed."""
        self._table = table
        self._rows = Rows(table, _rate, shelf)

    def exchange(self, resource: str, own: ProcessRate) -> Sequence[ProcessRate]:
        """Store the rate of this process, and return those of the last day, this one included.

        Raises:
            LinekeeperError: storage does not answer.
        """
        key = hashlib.sha256(resource.encode()).hexdigest()[:32]  # a name may hold "/", a key may not
        row = TableEntity(PartitionKey=key, RowKey=own.process, usual=own.usual, at=text_of(own.at))
        with storage_answers():
            table = self._table()
            table.upsert_entity(row, mode=UpdateMode.REPLACE)
            rates = list(self._rows.all(table.query_entities(f"PartitionKey eq '{key}'")))
            old = [rate for rate in rates if own.at - rate.at >= _KEPT]
            for rate in old[:_MOST_REMOVED]:
                with suppress(ResourceNotFoundError):  # another process was first
                    table.delete_entity(key, rate.process)
        return [rate for rate in rates if rate not in old]


def _rate(entity: TableEntity) -> ProcessRate:
    rate = ProcessRate(str(entity["RowKey"]), entity["usual"], datetime.fromisoformat(entity["at"]))
    check_shape(rate, ProcessRate, "the rate")
    return rate
