"""Keep streams in Table Storage: a row exists while a stream has notices to be delivered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.incident_rows import text_of
from shared.incidents.store import LostRaceError
from shared.notices.streams import Stream

_PENDING = "pending"  # the one partition: what is due is found by one query
_TIMES = ("asked_at", "claimed_until")


class TableStreams:
    """The streams of a table; implements `shared.notices.streams.Streams`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, key: str) -> Stream | None:
        """Return a stream, or None where nothing of it is to be delivered."""
        try:
            return _stream(self._table.get_entity(_PENDING, key))
        except ResourceNotFoundError:
            return None

    def touch(self, key: str, receiver: str, now: datetime) -> None:
        """Note that a notice was added: make the stream where there is none, and let whoever works on it notice."""
        while True:
            try:
                self._table.create_entity(_row(Stream(key, receiver, since=now, due_at=now, asked_at=now)))
            except ResourceExistsError:
                change = {"PartitionKey": _PENDING, "RowKey": key, "touched": text_of(now)}
                try:
                    self._table.update_entity(change, mode=UpdateMode.MERGE)
                except ResourceNotFoundError:
                    continue  # it was all delivered in between
            return

    def save(self, stream: Stream) -> Stream:
        """Store a changed stream and return it as it now is.

        Raises:
            LostRaceError: it was changed, or removed, since it was read.
        """
        try:
            answer = self._table.update_entity(
                _row(stream),
                mode=UpdateMode.REPLACE,
                etag=stream.etag,
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise LostRaceError(f"stream {stream.key}") from error
        return replace(stream, etag=str(answer["etag"]))

    def remove(self, stream: Stream) -> None:
        """Forget a stream whose notices are all delivered.

        Raises:
            LostRaceError: it was changed since it was read, as by a new notice.
        """
        try:
            self._table.delete_entity(
                _PENDING, stream.key, etag=stream.etag, match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError as error:
            raise LostRaceError(f"stream {stream.key}") from error

    def due(self, now: datetime) -> Sequence[Stream]:
        """Return the streams that may be sent by now, the oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_PENDING}' and due_at le '{text_of(now)}'")
        return sorted(map(_stream, rows), key=lambda stream: (stream.since, stream.key))


def _row(stream: Stream) -> dict[str, Any]:
    row: dict[str, Any] = {
        "PartitionKey": _PENDING,
        "RowKey": stream.key,
        "receiver": stream.receiver,
        "since": text_of(stream.since),
        "due_at": text_of(stream.due_at),
        "attempts": stream.attempts,
        "claim": stream.claim,
        "sending": stream.sending,
    }
    times = {name: getattr(stream, name) for name in _TIMES}
    return row | {name: text_of(moment) for name, moment in times.items() if moment is not None}


def _stream(row: TableEntity) -> Stream:
    times = {name: datetime.fromisoformat(row[name]) if row.get(name) else None for name in _TIMES}
    return Stream(
        key=row["RowKey"],
        receiver=row["receiver"],
        since=datetime.fromisoformat(row["since"]),
        due_at=datetime.fromisoformat(row["due_at"]),
        attempts=row["attempts"],
        claim=row["claim"],
        sending=row["sending"],
        etag=str(row.metadata["etag"]),
        **times,
    )
