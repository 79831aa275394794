"""Keep the outbox: messages as documents, notices as rows, and a queue that asks for their delivery."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode
from azure.storage.queue import QueueClient

from shared.cloud.storage.row import RowCodec, StorageRow, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.incidents.store import Documents
from shared.notices.delivery.at_once import JustAsked
from shared.notices.delivery.lane import Lanes
from shared.notices.notice import Fate, Notice
from shared.races import LostRaceError

_TRIES = 3
# "speaks" is the stored name of the milestone, "state" that of the fate.
_CODEC = RowCodec(Notice, stored={"milestone": "speaks", "fate": "state"}, keyed=["lane", "row"])
_FOREVER = -1  # the service's own default is seven days


class TableOutbox:
    """A partition per lane and a row per notice; implements `shared.notices.notice.Outbox`."""

    def __init__(
        self,
        table: TableClient,
        lanes: Lanes,
        queue: QueueClient,
        documents: Documents,
        shelf: Shelf | None = None,
        *,
        asked: JustAsked | None = None,
    ) -> None:
        """Keep notices; `asked` is told of each that is asked for at once."""
        self._asked = asked
        self._table = table
        self._rows = Rows(lambda: table, _notice, shelf)
        self._lanes = lanes
        self._queue = queue
        self._documents = documents

    def get(self, key: str) -> Notice | None:
        """Return a notice, or None where there is none of this key."""
        lane, _, row = key.partition("/")
        try:
            return self._rows.one(self._table.get_entity(lane, row))
        except ResourceNotFoundError:
            return None

    def of(self, lane: str) -> Sequence[Notice]:
        """Return every notice of a lane, whatever became of it, in order."""
        rows = self._table.query_entities("PartitionKey eq @lane", parameters={"lane": lane})
        return list(self._rows.all(rows))  # the service sorts by row key

    def waiting(self, before: datetime) -> Sequence[Notice]:
        """Return every notice, of whatever lane, that was written before a moment and is still to be delivered."""
        text = f"state eq '{Fate.PENDING}' and at lt '{text_of(before)}'"  # no key: the whole table is read
        return list(self._rows.all(self._table.query_entities(text)))

    def text(self, notice: Notice) -> str | None:
        """Return the message of a notice, JSON as it is to be posted; None where its document is gone."""
        return self._documents.get(notice.document)

    def add(self, notice: Notice, text: str) -> None:
        """Keep a notice and its message, the message first; one that is kept already stays as it is."""
        # Drawn by another instance, or before a crash, when the incident looked different: that one counts.
        with suppress(LostRaceError):
            self._documents.put(notice.document, text)
        with suppress(ResourceExistsError):  # another instance wrote the same milestone
            self._table.create_entity(_row(notice))

    def settle(self, notices: Sequence[Notice]) -> None:
        """Store the fate of notices of one lane, of all at once or of none; the service takes up to 100."""
        changes = [("update", _row(notice), {"mode": UpdateMode.REPLACE}) for notice in notices]
        if not changes:
            return
        # What was posted and cannot be noted comes twice: this one write is worth more than the SDK's own tries.
        for _ in range(_TRIES - 1):
            with suppress(AzureError):
                self._table.submit_transaction(changes)
                return
        self._table.submit_transaction(changes)

    def ask(self, notice: Notice, now: datetime, after: timedelta = timedelta(0)) -> None:
        """Open the lane of a pending notice, then ask for its delivery; at least once. It is not sent before `after`."""
        self._lanes.touch(notice.lane, notice.receiver, now, urgency=notice.urgency, after=after)
        if after:
            return
        self.wake(notice.lane)
        if self._asked is not None:
            self._asked.note(notice)

    def withdraw(self, notice: Notice, reason: str, now: datetime) -> None:
        """Let the only notice of a lane rest, unless it was sent or is being sent."""
        lane = self._lanes.get(notice.lane)
        if lane is None or lane.is_claimed(now):
            return
        with suppress(LostRaceError):  # another instance sends it
            # This one write decides it: where we stand still, whoever has the lane next lets the notice rest.
            ours = replace(lane.claimed_by(f"withdrawn {notice.row}", now), withdrawn=reason)
            claimed = self._lanes.save(ours)
            stored = self.get(notice.key)
            if stored is not None and stored.fate is Fate.PENDING:
                self.settle([stored.withdrawn(reason, now)])
            self._lanes.remove(claimed)

    def ask_again(self, notice: Notice, now: datetime) -> None:
        """Ask for a pending notice whose lane nobody has opened; one that is open is asked for by itself."""
        if self._lanes.get(notice.lane) is None:
            self.ask(notice, now)

    def wake(self, lane: str) -> None:
        """Ask for the delivery of a lane that is open; at least once."""
        # "stream" is the name of a lane in messages of the queue.
        self._queue.send_message(json.dumps({"stream": lane}), time_to_live=_FOREVER)


def _row(notice: Notice) -> StorageRow:
    return _CODEC.write(notice) | {"PartitionKey": notice.lane, "RowKey": notice.row}


def _notice(row: TableEntity) -> Notice:
    return _CODEC.read(row, lane=row["PartitionKey"], row=row["RowKey"])
