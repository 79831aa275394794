"""Keep counts in Table Storage: one entity per resource, hour and signal."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import Operation, saving, submit
from shared.races import LostRaceError, until_won
from shared.signals.counts import Count
from shared.signals.keep import Hour, by_hour, decode_count, encode_count, hour_of, merge

# At most 100 entities and 4 MB go into one transaction; an entity of ours has at most 60 KB.
# https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
_TRANSACTION = 50
_TRIES = 12  # each lost race means that another writer got on

_Group = Mapping[tuple[str, datetime], tuple[Count, ...]]


class TableCounts:
    """The counts of all resources in one table; implements `shared.signals.counts.Counts`.

    A partition is a resource, a row `2026-11-21T10~<signal>`, so that one query reads all signals of some hours and
    one transaction writes them. An entity has a property per bucket, `m00` to `m55`.
    """

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _with_hour, shelf)

    def replace(self, counts: Sequence[Count]) -> None:
        """Put each count in the place of what was kept for its bucket, unless that was counted later.

        Raises:
            LostRaceError: other instances wrote the same hours first, again and again.
        """
        resources: dict[str, list[Count]] = {}
        for count in counts:
            resources.setdefault(count.resource, []).append(count)
        for resource, own in resources.items():
            pairs = list(by_hour(own).items())
            for start in range(0, len(pairs), _TRANSACTION):
                groups = dict(pairs[start : start + _TRANSACTION])
                until_won(partial(self._replace_hours, resource, groups), tries=_TRIES)

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        """Return all counts of a resource whose bucket starts in [since, until), oldest first."""
        counts = [
            count
            for _, hour in self._rows.all(self._entities(resource, hour_of(since), hour_of(until)))
            for count in hour.values()
            if since <= count.bucket < until
        ]
        return sorted(counts, key=lambda count: (count.bucket, count.signal))

    def first(self, resource: str, signal: str) -> datetime | None:
        """Return the start of the hour of the oldest count that is kept of a signal; None where none is."""
        text = "PartitionKey eq @partition and signal eq @signal"
        parameters = {"partition": _partition(resource), "signal": signal}
        # Rows come in the order of their keys, oldest hour first.
        entities = self._table.query_entities(
            text, parameters=parameters, select=["RowKey"], results_per_page=1
        )
        oldest = next(iter(entities), None)
        return None if oldest is None else _hour_start(oldest["RowKey"])

    def forget(self, resource: str, before: datetime) -> None:
        """Delete the counts of buckets that are older; a whole hour at a time.

        Raises:
            LostRaceError: other instances deleted the same hours first, again and again.
        """
        until_won(partial(self._forget_once, resource, before), tries=_TRIES)

    def _forget_once(self, resource: str, before: datetime) -> None:
        text = "PartitionKey eq @partition and RowKey lt @row"
        parameters = {"partition": _partition(resource), "row": _row(hour_of(before))}
        old = self._table.query_entities(text, parameters=parameters, select=["PartitionKey", "RowKey"])
        self._submit(f"the old counts of {resource}", [("delete", entity, {}) for entity in old])

    def _replace_hours(self, resource: str, groups: _Group) -> None:
        hours = [hour for _, hour in groups]
        entities = self._entities(resource, min(hours), max(hours))
        there = {entity["RowKey"]: (entity, hour) for entity, hour in self._rows.all(entities)}
        self._submit(f"the counts of {resource}", list(_changes(resource, groups, there)))

    def _entities(self, resource: str, first: datetime, last: datetime) -> Iterator[TableEntity]:
        text = "PartitionKey eq @partition and RowKey ge @first and RowKey lt @after"
        after = last + timedelta(hours=1)
        parameters = {"partition": _partition(resource), "first": _row(first), "after": _row(after)}
        return iter(self._table.query_entities(text, parameters=parameters))

    def _submit(self, what: str, operations: list[Operation]) -> None:
        for start in range(0, len(operations), _TRANSACTION):
            if not submit(self._table, operations[start : start + _TRANSACTION]):
                raise LostRaceError(what)


def _changes(
    resource: str, groups: _Group, there: Mapping[str, tuple[TableEntity, Hour]]
) -> Iterator[Operation]:
    for (signal, hour), counts in groups.items():
        entity, stored_hour = there.get(_row(hour, signal), (None, {}))
        merged = merge(stored_hour, counts)
        if merged == stored_hour:
            continue
        changed = _entity(resource, signal, hour, merged)
        yield saving(changed, None if entity is None else entity.metadata["etag"])


def _entity(resource: str, signal: str, hour: datetime, merged: Hour) -> TableEntity:
    entity = TableEntity(PartitionKey=_partition(resource), RowKey=_row(hour, signal))
    entity.update({"resource": resource, "signal": signal, "hour": hour})
    entity.update({f"m{bucket.minute:02}": encode_count(merged[bucket]) for bucket in sorted(merged)})
    return entity


def _with_hour(entity: TableEntity) -> tuple[TableEntity, Hour]:
    return entity, _hour(entity)


def _hour(entity: TableEntity) -> Hour:
    signal = entity["RowKey"].partition("~")[2]
    hour = _hour_start(entity["RowKey"])
    counts: dict[datetime, Count] = {}
    for minute in range(0, 60, 5):
        text = entity.get(f"m{minute:02}")
        if text is not None:
            bucket = hour + timedelta(minutes=minute)
            counts[bucket] = decode_count(entity["resource"], signal, bucket, text)
    return counts


def _hour_start(row: str) -> datetime:
    return datetime.strptime(row.partition("~")[0], "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _row(hour: datetime, signal: str | None = None) -> str:
    hour_text = hour.strftime("%Y-%m-%dT%H")
    return hour_text if signal is None else f"{hour_text}~{signal}"


def _partition(resource: str) -> str:
    return hashlib.sha256(resource.lower().encode()).hexdigest()[:32]  # an ARM id holds "/", a key may not
