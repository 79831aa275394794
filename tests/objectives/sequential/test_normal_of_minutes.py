"""What is learned of the minutes of a signal: its share, how much it varies, and from when on it is known."""

import math
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minutes import NOON, TWO_WEEKS, bursting, line, two_weeks

from shared.objectives.baseline import Span
from shared.objectives.sequential.dispersion import variation_of
from shared.objectives.sequential.minute import MINUTE, Minute, minutes_of
from shared.objectives.sequential.normal import (
    LEAST_SHARE,
    MOST_DISPERSION,
    Normal,
    normal_of,
)
from shared.signals.counts import Count, MinuteEvents


def test_the_share_is_that_of_all_events_of_two_weeks() -> None:
    normal = normal_of(two_weeks(20, 0.01, every=5), NOON)

    assert 0.01 == pytest.approx(normal.share, rel=0.1)


def test_chance_alone_leaves_hardly_any_dispersion() -> None:
    minutes = two_weeks(100, 0.02, every=5)

    assert normal_of(minutes, NOON).dispersion < 0.3


def test_failures_in_bursts_of_minutes_count_as_bursts() -> None:
    # A share that is 100 times the usual one in 1 of 100 blocks of five minutes: a coefficient of variation of 10.
    minutes = bursting(two_weeks(200, 0), share=0.001)

    assert normal_of(minutes, NOON).dispersion > 5 * 10**2 / 1.5


def test_a_day_beside_which_the_others_are_nothing_leaves_the_dispersion_unknown() -> None:
    minutes = [*line((1, 10**9), first=NOON - TWO_WEEKS), *line((1, 1), first=NOON - TWO_WEEKS / 2)]

    assert MOST_DISPERSION == normal_of(minutes, NOON).dispersion


def test_learns_until_fourteen_days_are_counted() -> None:
    minutes = two_weeks(20, 0.01, every=5)

    assert not normal_of(minutes, NOON).learning
    assert normal_of(minutes[100:], NOON).learning
    assert not normal_of(minutes[100:], NOON, first_counted=NOON - TWO_WEEKS).learning


def test_learns_where_nothing_was_counted() -> None:
    normal = normal_of([], NOON)

    assert (True, None) == (normal.learning, normal.known_from)


@pytest.mark.parametrize("allowed", [0.005, 0.01, 0.02])
def test_what_the_objective_allows_is_the_normal_until_something_is_learned(allowed: float) -> None:
    normal = normal_of([], NOON, allowed=allowed)

    assert (allowed, MOST_DISPERSION) == (pytest.approx(normal.share), normal.dispersion)


def test_two_weeks_without_a_failure_leave_a_share_and_a_great_dispersion() -> None:
    normal = normal_of(two_weeks(20, 0, every=5), NOON)

    # Without a failure nobody can tell how they come.
    assert (LEAST_SHARE, MOST_DISPERSION) == (normal.share, normal.dispersion)


def test_an_incident_is_no_part_of_the_normal() -> None:
    usual = two_weeks(20, 0.01, every=5)
    begin = NOON - timedelta(days=3)
    broken = [
        replace(each, bad=10.0) if begin <= each.start < begin + timedelta(hours=6) else each
        for each in usual
    ]

    apart = [Span(begin, begin + timedelta(hours=6))]

    assert normal_of(broken, NOON).share > 0.015
    assert 0.01 == pytest.approx(normal_of(broken, NOON, apart).share, rel=0.1)
    assert normal_of(broken, NOON, apart).dispersion < normal_of(broken, NOON).dispersion / 5


def test_minutes_of_another_time_are_not_learned_from() -> None:
    older = line(*[(20.0, 20.0)] * 60, first=NOON - timedelta(days=20))
    newer = line(*[(20.0, 20.0)] * 60, first=NOON)
    usual = two_weeks(20, 0.01, every=60)

    assert normal_of(usual, NOON) == normal_of([*older, *usual, *newer], NOON)


def test_a_count_of_whole_buckets_has_no_minutes() -> None:
    whole = Count("lobby", "handshakes", NOON, 1, 100, NOON)
    split = replace(whole, minutes=[MinuteEvents(0, 20)] * 4 + [MinuteEvents(1, 20)])

    assert [] == list(minutes_of([whole]))
    assert Minute(NOON + 4 * MINUTE, 1, 20) == list(minutes_of([whole, split]))[-1]


@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 200)).map(lambda p: (min(p), p[1])), max_size=60
    ),
    seed=st.integers(0, 9),
)
@settings(max_examples=50, deadline=None)
def test_the_order_of_minutes_and_their_repetition_change_nothing(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    minutes = line(*pairs, first=NOON - timedelta(days=3))
    shuffled = [*minutes, *minutes[::2]]
    random.Random(seed).shuffle(shuffled)

    normal = normal_of(minutes, NOON)

    assert normal == normal_of(shuffled, NOON)
    assert LEAST_SHARE <= normal.share <= 1
    assert 0 <= normal.dispersion <= MOST_DISPERSION


def test_the_upper_bound_comes_nearer_with_more_days() -> None:
    minutes = two_weeks(100, 0.01, every=5)

    assert variation_of(minutes).dispersion < variation_of(minutes[-2 * 288 :]).dispersion


def test_the_dispersion_of_one_day_is_not_known() -> None:
    assert math.isinf(variation_of(line((1, 100), (0, 100))).dispersion)


def test_a_normal_that_is_known_later_is_learning_until_then() -> None:
    normal = Normal(learned_at=NOON, known_from=NOON + MINUTE, share=0.01, dispersion=1)

    assert normal.learning
    assert not replace(normal, learned_at=NOON + timedelta(hours=1)).learning


def test_days_that_differ_by_chance_alone_do_not_raise_the_share() -> None:
    normal = normal_of(two_weeks(100, 0.02, every=5), NOON)

    assert normal.share == pytest.approx(normal.share_of_a_bad_day, rel=0.1)


def test_a_share_that_is_higher_on_some_days_raises_what_minutes_are_judged_against() -> None:
    minutes = [
        replace(minute, bad=minute.bad + (3 if minute.start.day % 2 else 0))
        for minute in two_weeks(100, 0.02, every=5)
    ]

    normal = normal_of(minutes, NOON)

    assert 0.035 == pytest.approx(normal.share, rel=0.05)
    assert 0.05 == pytest.approx(normal.share_of_a_bad_day, rel=0.05)
