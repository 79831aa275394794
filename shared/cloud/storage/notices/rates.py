"""Keep the rate window of every receiver in Table Storage, so that many instances keep one rate."""

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import save
from shared.notices.delivery.rate import RateWindow

_PARTITION = "slots"  # the stored name of rate windows
_CODEC = RowCodec(RateWindow)


class TableRates:
    """One row per receiver; implements `shared.notices.delivery.rate.Rates`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _window, shelf)

    def get(self, receiver: str) -> RateWindow:
        """Return a receiver's rate window; that of a new one is empty."""
        try:
            row = self._table.get_entity(_PARTITION, receiver)
        except ResourceNotFoundError:
            return RateWindow()
        return self._rows.one(row) or RateWindow()

    def save(self, receiver: str, window: RateWindow) -> None:
        """Store a changed rate window.

        Raises:
            LostRaceError: another instance wrote since it was read.
        """
        row = _CODEC.write(window) | {"PartitionKey": _PARTITION, "RowKey": receiver}
        save(self._table, row, window.etag or None, f"rate of receiver {receiver}")


def _window(row: TableEntity) -> RateWindow:
    return _CODEC.read(row, etag=str(row.metadata["etag"]))
