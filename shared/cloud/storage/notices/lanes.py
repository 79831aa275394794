"""Keep lanes in Table Storage: a row exists while a lane has notices to be delivered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec, StorageRow, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import save
from shared.notices.delivery.lane import LATEST, Lane
from shared.notices.urgency import UNKNOWN
from shared.races import LostRaceError, until_won

_PENDING = "pending"  # the one partition: what is due is found by one query
_TRIES = 12  # a race is lost only to one that removes the lane between our two writes
_CODEC = RowCodec(Lane, keyed=["key", "etag"])


class TableLanes:
    """The lanes of a table; implements `shared.notices.delivery.lane.Lanes`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _lane, shelf)

    def get(self, key: str) -> Lane | None:
        """Return a lane, or None where nothing of it is to be delivered."""
        try:
            return self._rows.one(self._table.get_entity(_PENDING, key))
        except ResourceNotFoundError:
            return None

    def touch(
        self,
        key: str,
        receiver: str,
        now: datetime,
        *,
        urgency: int = UNKNOWN,
        after: timedelta = timedelta(0),
    ) -> None:
        """Note that a notice was added: make the lane where there is none, and let whoever works on it notice.

        Raises:
            LostRaceError: other instances made and removed the lane, again and again.
        """
        asked_at = None if after else now
        lane = Lane(key, receiver, now, now + after, asked_at=asked_at, urgency=urgency)
        until_won(partial(self._touch_once, lane), tries=_TRIES)

    def save(self, lane: Lane) -> Lane:
        """Store a changed lane and return it as it now is.

        Raises:
            LostRaceError: it was changed, or removed, since it was read.
        """
        return replace(lane, etag=save(self._table, _row(lane), lane.etag, f"lane {lane.key}"))

    def remove(self, lane: Lane) -> None:
        """Forget a lane whose notices are all delivered.

        Raises:
            LostRaceError: it was changed since it was read, as by a new notice.
        """
        try:
            self._table.delete_entity(
                _PENDING, lane.key, etag=lane.etag, match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError as error:
            raise LostRaceError(f"lane {lane.key}") from error

    def due(self, now: datetime) -> Sequence[Lane]:
        """Return the lanes that may be sent by now: the urgent ones first, of one urgency the oldest."""
        # A row whose time is none is read, too, and then set aside: it must not wait for ever.
        later = f"due_at gt '{text_of(now)}' and due_at le '{text_of(now + LATEST)}'"
        rows = self._table.query_entities(f"PartitionKey eq '{_PENDING}' and not ({later})")
        return sorted(self._rows.all(rows), key=lambda lane: lane.place)

    def _touch_once(self, lane: Lane) -> None:
        try:
            self._table.create_entity(_row(lane))
        except ResourceExistsError:
            change = _key(lane) | {"touched": text_of(lane.since), "urgency": lane.urgency}
            try:
                self._table.update_entity(change, mode=UpdateMode.MERGE)
            except ResourceNotFoundError as error:  # it was all delivered in between
                raise LostRaceError(f"lane {lane.key}") from error


def _row(lane: Lane) -> StorageRow:
    return _CODEC.write(lane) | _key(lane)


def _key(lane: Lane) -> StorageRow:
    return {"PartitionKey": _PENDING, "RowKey": lane.key}


def _lane(row: TableEntity) -> Lane:
    return _CODEC.read(row, key=row["RowKey"], etag=str(row.metadata["etag"]))
