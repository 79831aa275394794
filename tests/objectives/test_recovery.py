"""When a symptom counts as gone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from judged import ABORTS, CONNECTS, HANDSHAKES, NOON, OBJECTIVES, PROMISED, at, count, line, signal

from shared.configuration.objectives import Limit, ObjectiveSettings
from shared.objectives.recovery import Recovery, recovery_of
from shared.signals.counts import Count
from shared.signals.signal import Shape, Signal

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


def test_few_of_the_many_that_a_limit_allows_do_not_show_that_it_lasts() -> None:
    many = OBJECTIVES | {ABORTS.id: ObjectiveSettings(limit=Limit(300, timedelta(minutes=15)))}
    series = BROKEN + line(0, *[GOOD] * 6) + line(4, (40, 40), name="aborts")

    assert recovery_of((CONNECTS, ABORTS), many, series, NOON, at(6)).is_complete


def test_a_signal_that_stayed_within_its_limit_has_nothing_to_recover_from() -> None:
    resets = signal("resets", Shape.VALUE)
    limits = OBJECTIVES | {resets.id: OBJECTIVES[ABORTS.id]}
    broken = line(-1, (60, 60), name="aborts") + line(-1, (25, 25), name="resets")
    good = line(0, *[(0, 0)] * 6, name="aborts")

    assert recovery_of((ABORTS, resets), limits, broken + good, NOON, at(6)).is_complete


def test_an_objective_that_is_switched_off_does_not_hold_a_recovery_up() -> None:
    off = OBJECTIVES | {HANDSHAKES.id: replace(OBJECTIVES[HANDSHAKES.id], enabled=False)}
    series = BROKEN + line(0, *[GOOD] * 6) + line(0, *[(50, 60)] * 6, name="handshakes")

    assert recovery_of((CONNECTS, HANDSHAKES), off, series, NOON, NOON + timedelta(hours=1)).is_complete


@pytest.mark.parametrize(("total", "good"), [(10, 6), (9, 5)])
def test_ten_events_are_enough_to_show_that_a_bucket_is_good(total: int, good: int) -> None:
    assert good == ask(BROKEN + line(0, *[GOOD] * 5, (0, total))).good


def test_what_was_enough_last_is_told_though_it_was_bad() -> None:
    recovery = ask(BROKEN + line(0, GOOD, (30, 60), (0, 3)))

    assert Recovery(0, 6, at(2), at(2)) == recovery


def test_only_what_happened_since_then_counts() -> None:
    series = line(-6, *[GOOD] * 3) + BROKEN + line(0, GOOD)

    assert Recovery(1, 6, None, at(1)) == ask(series)


def test_a_bad_bucket_at_the_very_start_counts() -> None:
    assert Recovery(1, 6, at(1), at(2)) == ask(BROKEN + line(0, (30, 60), GOOD))


def test_the_newest_bad_bucket_of_any_signal_counts() -> None:
    handshakes = line(0, GOOD, (30, 60), *[GOOD] * 6, name="handshakes")
    recovery = ask(BROKEN + line(0, GOOD, GOOD, (30, 60), *[GOOD] * 5) + handshakes)

    assert Recovery(5, 6, at(3), at(8)) == recovery


def test_a_signal_that_broke_its_objective_six_hours_ago_must_be_back_and_one_before_that_need_not() -> None:
    healthy = line(0, *[GOOD] * 6)
    within, before = (line(number, (40, 60), name="handshakes") for number in (-72, -73))

    assert 0 == ask(healthy + within).good
    assert 6 == ask(healthy + before).good


def test_a_signal_that_breaks_only_afterwards_was_none_of_those_that_raised_the_symptom() -> None:
    few = line(0, (4, 9), name="handshakes")

    assert 6 == ask(BROKEN + line(0, *[GOOD] * 6) + few).good


def test_an_objective_that_nobody_made_does_not_hold_a_recovery_up() -> None:
    series = BROKEN + line(0, *[GOOD] * 6) + line(0, *[(50, 60)] * 6, name="handshakes")

    assert recovery_of(
        (HANDSHAKES, CONNECTS), {CONNECTS.id: PROMISED}, series, NOON, NOON + timedelta(hours=1)
    ).is_complete


def test_a_bucket_that_burns_with_the_ones_before_it_is_the_last_bad_one() -> None:
    trickle = line(0, *[(4, 100)] * 6, *[(1, 100)] * 3)

    assert at(6) == ask(BROKEN + trickle, until=9).last_bad


def test_what_was_counted_later_than_now_is_not_looked_at() -> None:
    assert Recovery(2, 6, None, at(2)) == ask(BROKEN + line(0, GOOD, GOOD, (40, 60)), until=2)


def test_knows_nothing_where_nothing_was_counted() -> None:
    assert Recovery(0, 6, None, None) == ask([])
    assert not ask([]).is_complete


def test_refuses_counts_of_two_resources() -> None:
    mixed = [count(0, 1, 2), replace(count(1, 1, 2), resource="/other")]

    with pytest.raises(ValueError, match="2 resources"):
        ask(mixed)
