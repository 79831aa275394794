"""Measure how much more the bad events of a signal vary than chance alone, from blocks of minutes and from days."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from shared.objectives.sequential.minute import Minute

# Longer than the bursts that one minute's failures come in: what lasts five minutes is one event, not five.
BLOCK = timedelta(minutes=10)
_BLOCK_MINUTES = BLOCK // timedelta(minutes=1)
_LEAST_DAYS = 2  # a jackknife needs two parts


class Variation(NamedTuple):
    """How much the bad events of a signal vary beyond chance."""

    dispersion: float  # of a minute, its upper bound: the variance of a mean m is m + dispersion * m²
    daily: float  # the standard deviation of the shares of bad events of whole days


@dataclass(slots=True)
class _Day:
    """What the minutes and the blocks of one day add up to."""

    bad: float = 0.0
    total: float = 0.0
    excess: float = 0.0  # squared distance of blocks from what is expected, less what chance alone gives
    square: float = 0.0  # the same for a dispersion of 1
    variance: float = 0.0  # of `excess` without dispersion


def variation_of(minutes: Sequence[Minute]) -> Variation:
    """Return how much the bad events of minutes vary.

    The dispersion is the estimate and one standard error of it, the upper end of a 68 % interval. The estimate compares
    the squared distances of blocks of ten minutes with those of a binomial count of the same share, so that a burst of
    minutes counts as what it is. The standard error is that of a jackknife over days (Efron and Stein 1981, Ann. Statist.
    9, 586-596), and at least that of counts without dispersion: where hardly an event was bad, the dispersion is not
    known, and great. It is infinite where no event was bad, or all lie in one day.
    """
    bad, total = sum(minute.bad for minute in minutes), sum(minute.total for minute in minutes)
    if not bad:
        return Variation(math.inf, 0.0)
    share = bad / total
    days = list(_by_day(minutes, share).values())
    excess, square = sum(day.excess for day in days), sum(day.square for day in days)
    least_error = math.sqrt(sum(day.variance for day in days)) / square
    dispersion = max(0.0, excess / square + max(least_error, _jackknife_error(days)))
    return Variation(dispersion, _daily(days, share, total))


def _daily(days: Sequence[_Day], share: float, total: float) -> float:
    distance = sum((day.bad - share * day.total) ** 2 / day.total for day in days)
    return math.sqrt(max(0.0, distance - len(days) * share * (1 - share)) / total)


def _by_day(minutes: Iterable[Minute], share: float) -> dict[date, _Day]:
    blocks: dict[datetime, list[Minute]] = {}
    for minute in minutes:
        start = minute.start - timedelta(minutes=minute.start.minute % _BLOCK_MINUTES)
        blocks.setdefault(start, []).append(minute)
    days: dict[date, _Day] = {}
    for start, block in blocks.items():
        day = days.setdefault(start.date(), _Day())
        bad, total = sum(minute.bad for minute in block), sum(minute.total for minute in block)
        expected = share * total
        day.bad += bad
        day.total += total
        day.excess += (bad - expected) ** 2 - expected * (1 - share)
        day.square += expected**2 / len(block)
        day.variance += 2 * expected**2 + expected
    return days


def _jackknife_error(days: Sequence[_Day]) -> float:
    """Return the standard error of the ratio of sums, from leaving out one day after the other; infinite for one alone."""
    excess, square = sum(day.excess for day in days), sum(day.square for day in days)
    # A day beside which the others are nothing is alone too.
    if len(days) < _LEAST_DAYS or any(square - day.square <= 0 for day in days):
        return math.inf
    without = [(excess - day.excess) / (square - day.square) for day in days]
    mean = sum(without) / len(without)
    return math.sqrt((len(without) - 1) / len(without) * sum((value - mean) ** 2 for value in without))
