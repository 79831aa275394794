"""The simulated signals of the bench, and how their faults and false alarms are told."""

import random
from itertools import islice, pairwise
from statistics import fmean, pvariance

import pytest

from bench.card.false_alarms import upper_bound
from bench.card.noise import (
    BINOMIAL,
    BURSTS,
    DISPERSION,
    NOISES,
    USUAL,
    WIDE,
    Noise,
    Signal,
    failing,
    poisson,
)
from bench.card.trial import trial


def bad_of(noise: Noise, rate: int, minutes: int) -> list[float]:
    return [minute.bad for minute in Signal(noise, rate, random.Random(3)).minutes(0, minutes)]


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
def test_the_usual_share_of_failures_is_the_same_on_each_noise(noise: Noise) -> None:
    minutes = list(Signal(noise, 2000, random.Random(5)).minutes(0, 30_000))

    share = sum(minute.bad for minute in minutes) / sum(minute.total for minute in minutes)

    assert USUAL == pytest.approx(share, rel=0.25)


def test_five_minutes_vary_as_much_as_is_published() -> None:
    noise = Noise("wide", DISPERSION, 1, has_days=False)
    bad = bad_of(noise, 20_000, 50_000)
    fives = [sum(bad[at : at + 5]) for at in range(0, len(bad), 5)]

    assert 2.2 == pytest.approx(pvariance(fives) ** 0.5 / fmean(fives), rel=0.15)


def test_a_burst_lasts_five_minutes() -> None:
    bad = bad_of(BURSTS, 2000, 5000)
    calm = sum(one == 0 and other == 0 for one, other in pairwise(bad))

    assert calm > sum(one == 0 and other == 0 for one, other in pairwise(bad_of(BINOMIAL, 2000, 5000)))
    worst = max(range(0, 5000, 5), key=lambda at: sum(bad[at : at + 5]))
    assert min(bad[worst : worst + 5]) > max(bad[worst : worst + 5]) / 3


def test_traffic_goes_up_and_down_in_a_day() -> None:
    totals = [minute.total for minute in Signal(WIDE, 200, random.Random(3)).minutes(0, 1440)]

    assert max(totals) > 3 * min(totals)


@pytest.mark.parametrize("mean", [0.3, 5, 80])
def test_counts_have_their_mean(mean: float) -> None:
    dice = random.Random(1)

    assert mean == pytest.approx(fmean(poisson(mean, dice) for _ in range(5000)), rel=0.1)
    assert mean == pytest.approx(fmean(failing(200, mean / 200, dice) for _ in range(2000)), rel=0.1)


def test_the_same_seed_gives_the_same_trial() -> None:
    one, other = (trial(BINOMIAL, 200, seed=4, days=1, faults=1) for _ in range(2))

    assert one == other
    assert [0.02, 0.05, 0.5] == [fault.share for fault in one.faults]
    assert not one.normal.learning


def test_nothing_is_told_before_its_minute_has_ended() -> None:
    told = [fault.told for fault in trial(BINOMIAL, 2000, seed=4, days=0, faults=5).faults]

    assert all(1 <= time for ways in told for time in islice(ways, 3) if time is not None)


# Garwood 1936: the upper limits of a Poisson mean.
@pytest.mark.parametrize(("alarms", "bound"), [(0, 3.00), (1, 4.74), (10, 16.96), (30, 40.69)])
def test_the_upper_bound_of_a_count_is_that_of_the_tables(alarms: int, bound: float) -> None:
    assert bound == pytest.approx(upper_bound(alarms), abs=0.01)
