"""Tries of the line become counts: two failures in a row are bad, and their sentence says what fails since when."""

from dataclasses import replace

from shared.signals.tries import CANARY, LineTry, count_tries
from tests.incidents.fake_rooms import LOBBY, NOON, FakeTries, at

GOOD = LineTry(LOBBY, "canary", NOON, {"negotiate": 1})


def failed(minutes: float, since: float) -> LineTry:
    return replace(
        GOOD,
        at=at(minutes),
        failed_step="TLS",
        failure="the certificate has expired",
        failing_since=at(since),
    )


def counted(*tries: LineTry, resources: frozenset[str] = frozenset({LOBBY})) -> list[tuple[object, ...]]:
    store = FakeTries()
    for line_try in tries:
        store.keep(line_try)
    counts = count_tries(store, resources, at(10))
    assert {CANARY.id} >= {count.signal for count in counts}
    return [(count.bucket, count.bad, count.total, dict(count.reasons), count.sample) for count in counts]


def test_a_single_failure_is_a_lost_connection_and_not_a_line_that_is_down() -> None:
    assert [(at(0), 0, 3, {}, "")] == counted(GOOD, failed(0.5, 0.5), replace(GOOD, at=at(1)))


def test_the_second_failure_in_a_row_is_bad_and_says_what_fails_since_when() -> None:
    (count,) = counted(GOOD, failed(0.75, 0.75), failed(1.25, 0.75))

    assert (at(0), 1, 3, {"TLS": 1}) == count[:4]
    assert "TLS of hub canary fails since 2026-03-02 12:00:45 UTC: the certificate has expired" == count[4]


def test_each_try_stands_in_its_minute() -> None:
    store = FakeTries()
    for line_try in (GOOD, failed(0.5, 0.5), failed(1.25, 0.5), replace(GOOD, at=at(4.9))):
        store.keep(line_try)
    (count,) = count_tries(store, frozenset({LOBBY}), at(10))

    assert ((0, 2), (1, 1), (0, 0), (0, 0), (0, 1)) == count.minutes


def test_buckets_are_counted_apart_and_old_ones_no_more() -> None:
    assert [(at(0), 0, 1), (at(5), 1, 1)] == [
        count[:3] for count in counted(replace(GOOD, at=at(-20)), GOOD, failed(6, 4))
    ]


def test_a_resource_that_is_watched_no_more_is_not_counted() -> None:
    assert [] == counted(GOOD, resources=frozenset())
