"""The learned normal: what 5 minutes of an hour of the week usually look like."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from judged import CONNECTS, LOBBY

from shared.objectives.baseline import (
    Learning,
    Span,
    Spread,
    baseline_of,
    baselines_of_week,
    hour_of_week,
    learned_window,
)
from shared.signals.counts import Count
from shared.signals.keep import merge
from shared.signals.signal import BUCKET

WEEK = timedelta(days=7)
FRIDAY_NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
LONG_AGO = FRIDAY_NINE - timedelta(days=20)


def bucket(at: datetime, bad: float, total: float, seconds: int = 0) -> Count:
    return Count(LOBBY, CONNECTS.id, at, bad, total, at + timedelta(minutes=20, seconds=seconds))


def hour(start: datetime, *pairs: tuple[float, float]) -> list[Count]:
    return [bucket(start + place * BUCKET, bad, total) for place, (bad, total) in enumerate(pairs)]


def test_the_same_hour_of_the_two_weeks_before_is_the_normal() -> None:
    series = [
        *hour(FRIDAY_NINE - WEEK, (1, 100), (2, 100), (3, 100)),
        *hour(FRIDAY_NINE - 2 * WEEK, (2, 100), (2, 400)),
        *hour(FRIDAY_NINE - timedelta(days=1), (99, 100)),  # Thursday
        *hour(FRIDAY_NINE - WEEK + timedelta(hours=1), (99, 100)),  # an hour later
        *hour(FRIDAY_NINE, (99, 100)),  # the hour itself
        *hour(FRIDAY_NINE - 3 * WEEK, (99, 100)),  # before the 14 days
    ]
    normal = baseline_of(series, LONG_AGO, FRIDAY_NINE + timedelta(minutes=25))

    assert (Learning.KNOWN, 5, 105) == (normal.learning, normal.buckets, normal.hour)
    assert Spread(2, 0, 2) == normal.bad
    assert Spread(100, 0, 160) == normal.total
    assert normal.share is not None
    assert (0.02, 0.01, 10 / 800) == (normal.share.median, round(normal.share.mad, 9), normal.share.mean)


def test_says_that_it_is_learning_until_14_days_are_counted() -> None:
    series = hour(FRIDAY_NINE - WEEK, (1, 100))
    first = FRIDAY_NINE - timedelta(days=13)

    assert Learning.LEARNING == baseline_of(series, first, FRIDAY_NINE).learning
    assert FRIDAY_NINE + timedelta(days=1) == baseline_of(series, first, FRIDAY_NINE).known_from
    assert Learning.KNOWN == baseline_of(series, FRIDAY_NINE - 2 * WEEK, FRIDAY_NINE).learning
    assert Learning.LEARNING == baseline_of([], None, FRIDAY_NINE).learning


def test_an_hour_without_an_event_is_not_called_healthy() -> None:
    normal = baseline_of([], LONG_AGO, FRIDAY_NINE)

    assert (Learning.QUIET, 0, None) == (normal.learning, normal.buckets, normal.share)


def test_an_incident_is_no_part_of_the_normal() -> None:
    week_ago = FRIDAY_NINE - WEEK
    series = hour(week_ago, (1, 100), (90, 100), (80, 100), (1, 100))
    incident = Span(week_ago + timedelta(minutes=7), week_ago + timedelta(minutes=15))
    normal = baseline_of(series, LONG_AGO, FRIDAY_NINE, [incident])

    assert (2, Spread(1, 0, 1)) == (normal.buckets, normal.bad)


def test_a_single_bad_5_minutes_does_not_move_the_median() -> None:
    normal = baseline_of(hour(FRIDAY_NINE - WEEK, *[(1, 100)] * 11, (100, 100)), LONG_AGO, FRIDAY_NINE)

    assert normal.bad is not None
    assert (1, 0, 9.25) == (normal.bad.median, normal.bad.mad, normal.bad.mean)


def test_the_week_begins_on_monday_in_utc() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)

    assert [0, 167] == [hour_of_week(monday), hour_of_week(monday - timedelta(minutes=1))]
    assert 0 == hour_of_week(datetime(2026, 11, 15, 19, tzinfo=UTC).astimezone() + timedelta(hours=5))


pairs = st.integers(0, 60).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
buckets = st.lists(
    st.builds(
        lambda place, numbers, seconds: bucket(
            FRIDAY_NINE - 2 * WEEK + place * BUCKET, numbers[0], numbers[1], seconds
        ),
        st.integers(-30, 14 * 288 + 30),
        pairs,
        st.integers(0, 900),
    ),
    max_size=60,
)


@given(buckets, st.randoms())
@settings(max_examples=60, deadline=None)
def test_late_rows_and_doubled_timers_change_nothing(series: list[Count], chance: random.Random) -> None:
    """However often and in whatever order buckets are counted again, only their last counts are learned from."""
    early = [
        replace(count, bad=0, total=count.total // 2, as_of=count.as_of - timedelta(hours=1))
        for count in series
    ]
    polls = [*early, *series, *series]
    chance.shuffle(polls)
    stored: dict[datetime, Count] = {}
    for count in polls:
        stored = dict(merge(stored, [count]))
    last = list(merge({}, series).values())
    at = FRIDAY_NINE + timedelta(minutes=chance.randrange(60))

    assert baseline_of(last, LONG_AGO, at) == baseline_of(stored.values(), LONG_AGO, at)
    assert baseline_of(last, LONG_AGO, at) == baseline_of(polls, LONG_AGO, at)
    assert baselines_of_week(last, LONG_AGO, at) == baselines_of_week(polls, LONG_AGO, at)


@given(buckets, st.integers(0, 167))
@settings(max_examples=60, deadline=None)
def test_the_week_and_the_hour_say_the_same(series: list[Count], hours: int) -> None:
    at = FRIDAY_NINE + timedelta(hours=hours)
    window = learned_window(at)
    week = baselines_of_week(series, LONG_AGO, at)
    normal = baseline_of(series, LONG_AGO, at)

    assert week.get(normal.hour, replace(normal, learning=Learning.QUIET)) == normal
    used = {c.bucket for c in series if window.start <= c.bucket < window.end and c.total > 0}
    assert sum(one.buckets for one in week.values()) <= len(used)
