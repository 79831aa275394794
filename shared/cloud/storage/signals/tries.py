"""Keep our own tries of the line in Table Storage: one row each, in a partition for each five minutes."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import delete_rows
from shared.cloud.storage.unavailable import storage_answers
from shared.signals.signal import bucket_of
from shared.signals.tries import LineTry

_MOST_DELETED = 200  # at once: a watch has other things to do
_BUCKET = "%Y%m%dT%H%M"
_CODEC = RowCodec(LineTry, keyed=())


class TableTries:
    """Implements `shared.signals.tries.LineTries`."""

    def __init__(self, table: Callable[[], TableClient], shelf: Shelf | None = None) -> None:
        """Take what returns the table, which is asked for when it is needed."""
        self._table = table
        self._rows = Rows(table, _try, shelf)

    def keep(self, line_try: LineTry) -> None:
        """Store a try."""
        with storage_answers():
            self._table().upsert_entity(_entity(line_try), mode=UpdateMode.REPLACE)

    def since(self, bucket: datetime) -> Iterable[LineTry]:
        """Return the tries of all resources from a bucket on, oldest first."""
        with storage_answers():
            rows = self._table().query_entities("PartitionKey ge @first", parameters={"first": _key(bucket)})
            return sorted(self._rows.all(rows), key=lambda line_try: line_try.at)

    def forget(self, before: datetime) -> None:
        """Delete some of the tries of buckets that start before a moment."""
        with storage_answers():
            rows = self._table().query_entities(
                "PartitionKey lt @after",
                parameters={"after": _key(bucket_of(before))},
                select=["PartitionKey", "RowKey"],
            )
            delete_rows(self._table(), rows, _MOST_DELETED)


def _key(bucket: datetime) -> str:
    return bucket.astimezone(UTC).strftime(_BUCKET)


def _try(row: TableEntity) -> LineTry:
    line_try = _CODEC.read(row)
    if row["PartitionKey"] != _key(bucket_of(line_try.at)):
        raise ValueError("its time is not that of its keys")
    return line_try


def _entity(line_try: LineTry) -> TableEntity:
    who = hashlib.sha256(f"{line_try.resource} {line_try.hub}".encode()).hexdigest()[:16]  # an id holds "/"
    entity = TableEntity(PartitionKey=_key(bucket_of(line_try.at)), RowKey=f"{text_of(line_try.at)}~{who}")
    entity.update(_CODEC.write(line_try))
    return entity
