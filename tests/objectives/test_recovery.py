"""When a symptom counts as gone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from judged import ABORTS, CONNECTS, HANDSHAKES, NOON, OBJECTIVES, at, line

from shared.objectives.recovery import Recovery, recovery_of
from shared.signals.counts import Count
from shared.signals.signal import Signal

BROKEN = line(-3, (40, 60), (50, 60), (45, 60))
GOOD = (0, 60)


def ask(
    series: Sequence[Count], until: int = 12, signals: Sequence[Signal] = (CONNECTS, HANDSHAKES, ABORTS)
) -> Recovery:
    return recovery_of(signals, OBJECTIVES, series, NOON, at(until))


def test_six_good_buckets_are_a_recovery() -> None:
    recovery = ask(BROKEN + line(0, *[GOOD] * 6))

    assert Recovery(6, 6, None, at(6)) == recovery
    assert recovery.is_complete


def test_five_good_buckets_and_one_with_too_few_events_are_none() -> None:
    recovery = ask(BROKEN + line(0, *[GOOD] * 5, (0, 9)))

    assert Recovery(5, 6, None, at(5)) == recovery
    assert not recovery.is_complete


def test_silence_is_no_recovery() -> None:
    assert Recovery(0, 6, None, None) == ask(BROKEN, until=300)


def test_a_bucket_that_is_not_over_yet_does_not_count() -> None:
    series = BROKEN + line(0, *[GOOD] * 6)

    assert 5 == recovery_of((CONNECTS,), OBJECTIVES, series, NOON, at(6) - timedelta(seconds=1)).good
    assert 6 == ask(series, until=6).good


def test_a_bad_bucket_starts_the_count_again() -> None:
    recovery = ask(BROKEN + line(0, *[GOOD] * 5, (6, 60), GOOD, GOOD))

    assert Recovery(2, 6, at(6), at(8)) == recovery


def test_a_stray_bad_event_neither_counts_nor_starts_again() -> None:
    assert 6 == ask(BROKEN + line(0, *[GOOD] * 3, (1, 60), *[GOOD] * 3)).good


def test_a_trickle_that_breaks_the_hour_starts_the_count_again() -> None:
    recovery = ask(BROKEN + line(0, *[(0, 100), (4, 100)] * 6))

    assert (at(12), 0) == (recovery.last_bad, recovery.good)


def test_all_signals_with_enough_events_must_be_back() -> None:
    series = BROKEN + line(0, *[GOOD] * 8) + line(0, *[GOOD] * 2, name="handshakes")

    assert 2 == ask(series).good


def test_a_healthy_signal_does_not_speak_for_the_silent_one_that_broke() -> None:
    series = BROKEN + line(-3, *[GOOD] * 15, name="handshakes")

    assert 0 == ask(series).good


def test_a_signal_without_a_total_can_show_that_it_lasts() -> None:
    good = BROKEN + line(0, *[GOOD] * 12)

    assert 12 == ask(good).good
    assert 12 == ask(good + line(4, (1, 1), name="aborts")).good
    assert (at(5), 7) == (
        (recovery := ask(good + line(4, (40, 40), name="aborts"))).last_bad,
        recovery.good,
    )


def test_alone_a_signal_without_a_total_needs_buckets_that_were_counted() -> None:
    broken = line(-1, (60, 60), name="aborts")

    assert 0 == ask(broken, signals=(ABORTS,)).good
    assert 6 == ask(broken + line(0, *[(0, 0)] * 6, name="aborts"), signals=(ABORTS,)).good


def test_an_objective_that_is_switched_off_does_not_hold_a_recovery_up() -> None:
    off = OBJECTIVES | {HANDSHAKES.id: replace(OBJECTIVES[HANDSHAKES.id], enabled=False)}
    series = BROKEN + line(0, *[GOOD] * 6) + line(0, *[(50, 60)] * 6, name="handshakes")

    assert recovery_of((CONNECTS, HANDSHAKES), off, series, NOON, NOON + timedelta(hours=1)).is_complete
