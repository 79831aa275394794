"""Keep the rate window of every receiver in Table Storage, so that many instances keep one rate."""

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.cloud.storage.row import RowCodec
from shared.notices.delivery.rate import RateWindow
from shared.races import LostRaceError

_PARTITION = "slots"  # the stored name of rate windows
_CODEC = RowCodec(RateWindow)


class TableRates:
    """One row per receiver; implements `shared.notices.delivery.rate.Rates`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, receiver: str) -> RateWindow:
        """Return a receiver's rate window; that of a new one is empty."""
        try:
            row = self._table.get_entity(_PARTITION, receiver)
        except ResourceNotFoundError:
            return RateWindow()
        return _CODEC.read(row, etag=str(row.metadata["etag"]))

    def save(self, receiver: str, window: RateWindow) -> None:
        """Store a changed rate window.

        Raises:
            LostRaceError: another instance wrote since it was read.
        """
        row = _CODEC.write(window) | {"PartitionKey": _PARTITION, "RowKey": receiver}
        try:
            if not window.etag:
                self._table.create_entity(row)
                return
            self._table.update_entity(
                row,
                mode=UpdateMode.REPLACE,
                etag=window.etag,
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise LostRaceError(f"rate of receiver {receiver}") from error
