"""The alarms of the sequential test: when they come, since when it was bad, and what never changes them."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from minutes import LOBBY, NOON, line

from shared.objectives.sequential.alarm import Alarm, alarms_of
from shared.objectives.sequential.minute import MINUTE

LATER = NOON + timedelta(days=2)
QUIET = (0.0, 200.0)
COUNTS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from([0, 20, 200])).map(lambda p: (min(p), p[1])), max_size=80
)


def test_half_of_all_failing_is_seen_in_its_first_minute() -> None:
    alarms = alarms_of(line(QUIET, QUIET, (100, 200)), LOBBY, LATER)

    seen = NOON + 3 * MINUTE
    assert [Alarm(NOON + 2 * MINUTE, seen, seen, bad=100, total=200, share=0.5)] == list(alarms)


def test_a_few_failures_each_minute_add_up() -> None:
    alarms = alarms_of(line(*[QUIET] * 10, *[(2, 200)] * 30), LOBBY, LATER)

    assert NOON + 10 * MINUTE == alarms[0].onset
    assert 2 < (alarms[0].seen_at - alarms[0].onset) / MINUTE < 20


def test_the_usual_failures_are_no_alarm() -> None:
    assert () == tuple(
        alarms_of(line(*[(0, 200), (1, 200), (0, 200), (0, 200), (0, 200)] * 100), LOBBY, LATER)
    )


def test_a_fault_that_lasts_is_one_alarm_to_its_end() -> None:
    alarms = alarms_of(line(*[QUIET] * 5, *[(20, 200)] * 60, *[QUIET] * 120), LOBBY, LATER)

    assert [(NOON + 5 * MINUTE, NOON + 65 * MINUTE)] == [(alarm.onset, alarm.last_bad) for alarm in alarms]
    assert (1200, 12000, 0.1) == (alarms[0].bad, alarms[0].total, alarms[0].share)


def test_two_faults_with_quiet_hours_between_are_two_alarms() -> None:
    fault = [(20, 200)] * 10

    alarms = alarms_of(line(*fault, *[QUIET] * 180, *fault), LOBBY, LATER)

    assert [NOON, NOON + 190 * MINUTE] == [alarm.onset for alarm in alarms]


def test_there_is_no_alarm_while_the_normal_is_learned() -> None:
    learning = replace(LOBBY, known_from=NOON + timedelta(days=1))

    assert () == tuple(alarms_of(line(*[(200, 200)] * 10), learning, LATER))
    assert () == tuple(alarms_of(line(*[(200, 200)] * 10), replace(LOBBY, known_from=None), LATER))


def test_a_minute_counts_once_it_is_over() -> None:
    minutes = line(QUIET, (100, 200))

    assert () == tuple(alarms_of(minutes, LOBBY, NOON + 2 * MINUTE - timedelta(seconds=1)))
    assert 1 == len(alarms_of(minutes, LOBBY, NOON + 2 * MINUTE))


def test_minutes_that_nobody_counted_change_nothing() -> None:
    minutes = line(*[(3, 200)] * 30)
    gap = [replace(minute, start=minute.start + timedelta(hours=5)) for minute in minutes[2:]]

    early, late = alarms_of(minutes, LOBBY, LATER), alarms_of([*minutes[:2], *gap], LOBBY, LATER)

    assert early[0].seen_at == late[0].seen_at - timedelta(hours=5)


def test_the_same_failures_of_a_signal_that_varies_more_need_longer() -> None:
    minutes = line(*[(10, 200)] * 60)
    times = [
        alarms_of(minutes, replace(LOBBY, dispersion=dispersion), LATER)[0].seen_at
        for dispersion in (0, 3, 30, 300)
    ]

    assert sorted(times) == times
    assert times[0] < times[-1]


def test_noise_before_a_fault_does_not_move_its_onset() -> None:
    before = [*[QUIET] * 20, (6, 200), *[QUIET] * 10]

    alarms = alarms_of(line(*before, *[(2, 200)] * 30), replace(LOBBY, dispersion=3), LATER)

    assert NOON + 31 * MINUTE == alarms[0].onset


def test_a_share_that_a_bad_day_has_is_no_alarm() -> None:
    minutes = line(*[(1, 200), (2, 200)] * 60)

    assert alarms_of(minutes, replace(LOBBY, dispersion=3), LATER)
    assert () == tuple(alarms_of(minutes, replace(LOBBY, dispersion=3, daily=0.006), LATER))


def test_a_signal_that_always_fails_has_no_alternative_left() -> None:
    assert () == tuple(alarms_of(line(*[(200, 200)] * 60), replace(LOBBY, share=0.5), LATER))


def test_no_minutes_have_no_alarm() -> None:
    assert () == tuple(alarms_of([], LOBBY, LATER))


@given(pairs=COUNTS, seed=st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_the_order_of_minutes_and_their_repetition_change_nothing(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    minutes = line(*pairs)
    shuffled = [*minutes, *minutes[::3]]
    random.Random(seed).shuffle(shuffled)

    assert alarms_of(minutes, LOBBY, LATER) == alarms_of(shuffled, LOBBY, LATER)


@given(pairs=COUNTS, number=st.integers(0, 79), more=st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_a_late_bad_event_never_delays_the_first_alarm(
    pairs: list[tuple[int, int]], number: int, more: int
) -> None:
    minutes = line(*pairs)
    if number >= len(minutes) or not minutes[number].total:
        return
    late = list(minutes)
    # A row that comes late adds an event: the total stays, so that only the failure is new.
    late[number] = replace(late[number], bad=min(late[number].total, late[number].bad + more))

    before, after = alarms_of(minutes, LOBBY, LATER), alarms_of(late, LOBBY, LATER)

    assert not before or after[0].seen_at <= before[0].seen_at


@given(pairs=COUNTS, until=st.integers(0, 80))
@settings(max_examples=100, deadline=None)
def test_later_minutes_change_no_alarm_that_was_seen(pairs: list[tuple[int, int]], until: int) -> None:
    minutes = line(*pairs)
    then = NOON + until * MINUTE

    seen = [(alarm.onset, alarm.seen_at) for alarm in alarms_of(minutes, LOBBY, then)]

    assert seen == [
        (alarm.onset, alarm.seen_at) for alarm in alarms_of(minutes, LOBBY, LATER) if alarm.seen_at <= then
    ]


@given(pairs=COUNTS)
@settings(max_examples=100, deadline=None)
def test_alarms_are_apart_and_in_order(pairs: list[tuple[int, int]]) -> None:
    minutes = line(*pairs)

    alarms = alarms_of(minutes, LOBBY, LATER)

    assert all(alarm.onset < alarm.seen_at <= alarm.last_bad for alarm in alarms)
    assert all(one.last_bad <= other.onset for one, other in pairwise(alarms))
    assert all(
        (alarm.bad, alarm.total)
        == (
            sum(m.bad for m in minutes if alarm.onset <= m.start < alarm.last_bad),
            sum(m.total for m in minutes if alarm.onset <= m.start < alarm.last_bad),
        )
        for alarm in alarms
    )
