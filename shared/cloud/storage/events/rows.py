"""Keep the events of Web PubSub in Table Storage: one row each, so that a repeat finds it and counting counts rows.

A partition is `<shard>~<bucket>~<hash of the resource>`, so that a storm is written to several partitions, and what came
since a bucket is one range of each shard.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import delete_rows, save
from shared.cloud.storage.unavailable import storage_answers
from shared.events.answer import EventAnswer
from shared.events.repeats import EventRow, EventState
from shared.races import LostRaceError
from shared.shapes import check_shape
from shared.signals.received import ReceivedEvent
from shared.signals.signal import bucket_of, minute_of

_SHARDS = "0123"
_MOST_DELETED = 5_000  # of one shard at once: a watch has other things to do
_BUCKET = "%Y%m%dT%H%M"
_COUNTED = ["PartitionKey", "RowKey", "resource", "at", "hub", "failure", "end", "is_bad_end", "client"]
_TRIES = 4
_CODEC = RowCodec(EventRow, keyed=("etag", "key", "answer"))


class TableEvents:
    """Implements `shared.events.repeats.EventRows` and `shared.signals.received.ReceivedEvents`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _row, shelf)
        self._received = Rows(lambda: table, _received, shelf)

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        """Keep a row unless its event has one that is not failed; return the one that counts, and whether it is new."""
        with storage_answers():
            for _ in range(_TRIES):
                try:
                    metadata = self._table.create_entity(_entity(row))
                    return replace(row, etag=str(metadata["etag"])), True
                except ResourceExistsError:
                    stored = self._stored(row)
                if stored is None:
                    continue
                if stored.state is not EventState.FAILED:
                    return stored, False
                try:
                    return self._changed(replace(row, etag=stored.etag)), True
                except LostRaceError:
                    continue
        raise LostRaceError("an event")

    def change(self, row: EventRow) -> EventRow:
        """Store a row in the place of the one with its ETag; return it with its new one."""
        with storage_answers():
            return self._changed(row)

    def since(self, bucket: datetime) -> Iterable[ReceivedEvent]:
        """Return the events of all resources from a bucket on; the shards are read side by side."""
        with storage_answers(), ThreadPoolExecutor(len(_SHARDS)) as pool:
            shards = pool.map(lambda shard: list(self._shard(shard, bucket)), _SHARDS)
            return list(self._received.all(entity for entities in shards for entity in entities))

    def forget(self, before: datetime) -> None:
        """Delete events of buckets that start before a moment, only so many of each shard."""
        with storage_answers():
            for shard in _SHARDS:
                self._forget_shard(shard, before)

    def _stored(self, row: EventRow) -> EventRow | None:
        try:
            return self._rows.one(self._table.get_entity(_partition(row), row.key))
        except ResourceNotFoundError:
            return None  # deleted meanwhile

    def _changed(self, row: EventRow) -> EventRow:
        return replace(row, etag=save(self._table, _entity(row), row.etag, "an event"))

    def _shard(self, shard: str, bucket: datetime) -> Iterator[TableEntity]:
        parameters = {"first": f"{shard}~{bucket:{_BUCKET}}", "after": f"{shard}~~"}
        text = "PartitionKey ge @first and PartitionKey lt @after"
        yield from self._table.query_entities(text, parameters=parameters, select=_COUNTED)

    def _forget_shard(self, shard: str, before: datetime) -> None:
        parameters = {"first": f"{shard}~", "after": f"{shard}~{bucket_of(before):{_BUCKET}}"}
        text = "PartitionKey ge @first and PartitionKey lt @after"
        old = self._table.query_entities(text, parameters=parameters, select=["PartitionKey", "RowKey"])
        delete_rows(self._table, old, _MOST_DELETED)


def _partition(row: EventRow) -> str:
    bucket = bucket_of(row.at).astimezone(UTC)
    return f"{int(row.key[0], 16) % len(_SHARDS)}~{bucket:{_BUCKET}}~{_hash(row.resource)}"


def _hash(resource: str) -> str:
    return hashlib.sha256(resource.encode()).hexdigest()[:16]  # an ARM id holds "/", a key may not


def _entity(row: EventRow) -> TableEntity:
    entity = TableEntity(PartitionKey=_partition(row), RowKey=row.key)
    entity.update(_CODEC.write(row))
    answer = row.answer
    entity.update({"status": answer.status, "body": answer.body, "content_type": answer.content_type})
    if answer.state is not None:
        entity["connection_state"] = answer.state
    return entity


def _row(entity: Mapping[str, Any]) -> EventRow:
    answer = EventAnswer(
        int(entity["status"]), bytes(entity["body"]), entity["content_type"], entity.get("connection_state")
    )
    etag = str(entity.metadata["etag"])  # type: ignore[attr-defined]
    return _CODEC.read(entity, key=entity["RowKey"], answer=answer, etag=etag)


def _received(entity: Mapping[str, Any]) -> ReceivedEvent:
    bucket = datetime.strptime(entity["PartitionKey"].split("~")[1], _BUCKET).replace(tzinfo=UTC)
    hub, failure = entity.get("hub", ""), entity.get("failure", "")
    event = ReceivedEvent(
        resource=entity["resource"],
        bucket=bucket,
        failure=f"{hub}: {failure}" if hub and failure else failure,
        end=entity.get("end", ""),
        is_bad_end=bool(entity.get("is_bad_end")),
        minute=minute_of(datetime.fromisoformat(entity["at"])),
        client=entity.get("client", ""),
    )
    check_shape(event, ReceivedEvent, "the event")
    return event
