"""However clients come back, they connect with the configured rate, and where few come nobody waits."""

import math
import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.tokens.storm import GROWTH, Surge, interval
from tests.tokens.desk_in_memory import NOON


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def connections(surge: Surge, arrivals: list[float], rate: int, seed: int = 1) -> list[float]:
    """Return when clients connect that ask at these seconds, each at a random moment of its interval."""
    chance = random.Random(seed).random
    moments = []
    for second in arrivals:
        place = surge.arrive(rate, NOON + at(second))
        start, end = interval(place) if place else (0.0, 0.0)
        moments.append(second + start + (end - start) * chance())
    return moments


def a_second(moments: list[float]) -> list[int]:
    """Return how many connect in each second."""
    seconds = Counter(math.floor(moment) for moment in moments)
    return [seconds[second] for second in range(max(seconds, default=-1) + 1)]


@pytest.mark.parametrize("clients", [1_000, 5_000, 20_000])
def test_all_who_come_at_once_connect_with_the_rate_and_none_much_later_than_needed(clients: int) -> None:
    rate = 100
    counts = a_second(connections(Surge(), [0.0] * clients, rate))

    assert max(counts) < rate + 5 * math.sqrt(rate)
    assert len(counts) <= math.ceil(clients / rate * GROWTH) + 1


def test_full_jitter_over_a_time_that_nobody_can_know_would_be_several_times_the_rate() -> None:
    """Why the queue has intervals: who is first does not know how many follow."""
    rate, clients, chance = 100, 20_000, random.Random(1).random
    moments = [n / rate * chance() for n in range(clients)]

    assert a_second(moments)[0] > 5 * rate


@settings(max_examples=40)
@given(
    rate=st.integers(20, 200),
    bursts=st.lists(st.tuples(st.floats(0, 60), st.integers(1, 2_000), st.floats(0.01, 20)), max_size=4),
    seed=st.integers(),
)
def test_no_second_has_many_more_than_the_rate(
    rate: int, bursts: list[tuple[float, int, float]], seed: int
) -> None:
    chance = random.Random(seed).random
    arrivals = sorted(begin + chance() * lasts for begin, clients, lasts in bursts for _ in range(clients))
    moments = connections(Surge(), arrivals, rate, seed)

    # What is let through at once as ordinary, and what waits from before, may meet in one second.
    assert max(a_second(moments), default=0) <= 2 * rate + 6 * math.sqrt(rate) + 10
    assert all(moment >= second for second, moment in zip(arrivals, moments, strict=True))


@settings(max_examples=40)
@given(st.floats(0.05, 0.6), st.integers(50, 500), st.integers())
def test_nobody_waits_at_an_ordinary_rate(share: float, rate: int, seed: int) -> None:
    chance, now, waits = random.Random(seed).expovariate, 0.0, set()
    surge = Surge()
    for _ in range(2_000):
        now += chance(share * rate)
        waits.add(surge.arrive(rate, NOON + at(now)))

    assert {0.0} == waits


def test_where_more_than_the_rate_come_every_day_nobody_waits() -> None:
    surge = Surge(usual=300)
    waits = {surge.arrive(100, NOON + at(n / 400)) for n in range(20_000)}

    assert {0.0} == waits


def test_a_mass_reconnect_stands_out_from_a_usual_rate_above_the_configured_one() -> None:
    surge = Surge(usual=300)
    waits = [surge.arrive(100, NOON) for _ in range(5_000)]

    assert 0.0 == waits[0]
    assert waits[-1] == 50.0


def test_a_storm_ends_when_its_clients_have_connected() -> None:
    surge = Surge()
    for _ in range(1_000):
        surge.arrive(100, NOON)

    assert surge.arrive(100, NOON + at(5)) > 4
    assert 0.0 == surge.arrive(100, NOON + at(12))


@pytest.mark.parametrize("processes", [2, 7, 40])
def test_many_processes_keep_one_rate(processes: int) -> None:
    rate, clients, moments = 200, 20_000, list[float]()
    for n in range(processes):
        moments += connections(Surge(instances=processes), [0.0] * (clients // processes), rate, n)

    assert max(a_second(moments)[1:]) < 1.3 * rate
    assert a_second(moments)[0] <= rate + 11 * processes
    assert max(moments) <= clients / rate * GROWTH + 1


def test_a_clock_that_is_set_back_does_not_lengthen_the_queue() -> None:
    surge = Surge()
    for _ in range(300):
        surge.arrive(100, NOON)

    before = surge.arrive(100, NOON)
    assert before < surge.arrive(100, NOON - at(3_600)) < before + 0.1


@given(st.floats(0, 100_000))
def test_every_place_lies_in_its_interval_which_is_at_most_a_quarter_longer(seconds: float) -> None:
    start, end = interval(seconds)

    assert start <= seconds * (1 + 1e-9)
    assert seconds <= end * (1 + 1e-9)
    assert end - start <= max(1.0, seconds * 0.25 * (1 + 1e-9))


@given(st.floats(1, 10_000))
def test_intervals_follow_each_other_without_a_gap(seconds: float) -> None:
    start, end = interval(seconds)
    next_start, _ = interval(end * 1.0001)

    assert next_start == pytest.approx(end)
    assert start < end
