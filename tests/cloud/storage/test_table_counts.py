"""The contract of `Counts`, kept by Table Storage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from shared.cloud.storage.signals.counts import TableCounts
from shared.signals.counts import Count, MinuteEvents

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from shared.cloud.storage.account import Storage

LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"
PIT = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/trading-floor"
TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
BUCKET = timedelta(minutes=5)


@pytest.fixture
def table(storage: "Storage") -> "TableClient":
    return storage.table("counts")


@pytest.fixture
def counts(table: "TableClient") -> TableCounts:
    return TableCounts(table)


def counted(bucket: datetime = TEN, bad: float = 3, asked: int = 6, **other: Any) -> Count:
    given = Count(LOBBY, "handshakes", bucket, bad, 40, TEN + timedelta(minutes=asked), {"401": bad}, "")
    return replace(given, **other)


class Interrupted:
    """A table before which something happens, once, between the reading and the writing."""

    def __init__(self, table: "TableClient", first: Callable[[], None]) -> None:
        self._table = table
        self._first: Callable[[], None] | None = first
        self.written = 0

    def query_entities(self, *given: Any, **named: Any) -> Any:
        return list(self._table.query_entities(*given, **named))

    def submit_transaction(self, operations: Any) -> None:
        if self._first:
            first, self._first = self._first, None
            first()
        self.written += 1
        self._table.submit_transaction(operations)


def test_returns_what_was_put(counts: TableCounts) -> None:
    given = counted(sample='odd "text" \\ with \u00e9 \U0001f600', bad=2.5)
    counts.replace([given])

    assert [given] == list(counts.read(LOBBY, TEN, TEN + BUCKET))


def test_replaces_a_bucket_that_was_counted_again_and_leaves_its_neighbours(counts: TableCounts) -> None:
    neighbour = counted(TEN + BUCKET, bad=1)
    counts.replace([counted(bad=3), neighbour])
    again = counted(bad=5, asked=9)
    counts.replace([again])

    assert [again, neighbour] == list(counts.read(LOBBY, TEN, TEN + 12 * BUCKET))


def test_keeps_the_later_look_when_the_earlier_one_writes_last(counts: TableCounts) -> None:
    late = counted(bad=5, asked=9)
    counts.replace([late])
    counts.replace([counted(bad=3, asked=6)])

    assert [late] == list(counts.read(LOBBY, TEN, TEN + BUCKET))


def test_reads_all_signals_of_one_resource_within_the_bounds_and_no_others(counts: TableCounts) -> None:
    before, closes = counted(TEN - BUCKET), counted(signal="closes")
    inside, after = counted(), counted(TEN + 13 * BUCKET)
    counts.replace([after, inside, closes, before, counted(resource=PIT)])

    assert [closes, inside] == list(counts.read(LOBBY, TEN, TEN + 13 * BUCKET))
    assert [before, closes, inside, after] == list(counts.read(LOBBY, TEN - BUCKET, TEN + 14 * BUCKET))


def test_writes_nothing_when_nothing_changed(table: "TableClient", counts: TableCounts) -> None:
    counts.replace([counted()])
    (before,) = [entity.metadata["etag"] for entity in table.list_entities()]
    counts.replace([counted(), counted(bad=1, asked=5)])
    (after,) = [entity.metadata["etag"] for entity in table.list_entities()]

    assert before == after


@pytest.mark.parametrize("first", [[], [counted(TEN + 2 * BUCKET)]], ids=["a new hour", "a known hour"])
def test_loses_no_bucket_when_another_instance_writes_the_same_hour_first(
    table: "TableClient", counts: TableCounts, first: list[Count]
) -> None:
    counts.replace(first)
    theirs, ours = counted(), counted(TEN + BUCKET)
    interrupted = Interrupted(table, lambda: counts.replace([theirs]))
    TableCounts(interrupted).replace([ours])  # type: ignore[arg-type]

    assert [theirs, ours, *first] == list(counts.read(LOBBY, TEN, TEN + 12 * BUCKET))
    assert 2 == interrupted.written


def test_two_writers_at_once_leave_every_bucket(counts: TableCounts) -> None:
    buckets = [TEN + number * BUCKET for number in range(12)]

    def write(own: list[datetime]) -> None:
        for bucket in own:
            counts.replace([counted(bucket)])

    writers = [Thread(target=write, args=(buckets[start::2],)) for start in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert buckets == [count.bucket for count in counts.read(LOBBY, TEN, TEN + 12 * BUCKET)]


def test_writes_more_hours_than_one_transaction_holds(counts: TableCounts) -> None:
    given = [counted(TEN - timedelta(hours=back)) for back in range(60)]
    counts.replace(given)

    assert given[::-1] == list(counts.read(LOBBY, TEN - timedelta(hours=60), TEN + BUCKET))


def test_forgets_whole_hours_only(counts: TableCounts) -> None:
    old, same_hour, other = counted(TEN - BUCKET), counted(TEN), counted(TEN - BUCKET, resource=PIT)
    counts.replace([old, same_hour, other])
    counts.forget(LOBBY, TEN + 3 * BUCKET)
    counts.forget(LOBBY, TEN + 3 * BUCKET)

    assert [same_hour] == list(counts.read(LOBBY, TEN - 12 * BUCKET, TEN + 12 * BUCKET))
    assert [other] == list(counts.read(PIT, TEN - 12 * BUCKET, TEN + 12 * BUCKET))


def test_an_hour_of_long_reasons_and_samples_stays_within_60_kilobytes(
    table: "TableClient", counts: TableCounts
) -> None:
    reasons = {f"{number} " + '"\U0001f600' * 400: 1.0 for number in range(40)}
    counts.replace(
        [counted(TEN + number * BUCKET, reasons=reasons, sample='"' * 9000) for number in range(12)]
    )
    (entity,) = table.list_entities()
    sizes = [len((name + str(value)).encode("utf-16-le")) for name, value in entity.items()]

    assert 60 * 1024 >= sum(sizes)
    assert 12 == len(counts.read(LOBBY, TEN, TEN + 12 * BUCKET))


def test_keeps_the_minutes_of_a_bucket(counts: TableCounts) -> None:
    minutes = tuple(MinuteEvents(bad, 8) for bad in (0, 3, 0, 0, 0))
    counts.replace([counted(minutes=minutes)])

    assert minutes == counts.read(LOBBY, TEN, TEN + BUCKET)[0].minutes


def test_says_since_when_a_signal_is_counted(counts: TableCounts) -> None:
    early, day = counted(TEN + 3 * BUCKET, signal="closes"), timedelta(days=1)
    counts.replace([counted(TEN + day), early, counted(TEN + 2 * day)])

    assert TEN + day == counts.first(LOBBY, "handshakes")
    assert TEN == counts.first(LOBBY, "closes")
    assert counts.first(PIT, "closes") is None
