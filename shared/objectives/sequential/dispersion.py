"""Measure how much more the bad events of a signal vary than chance alone, from blocks of minutes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.objectives.sequential.minute import Minute

# Longer than the bursts that one minute's failures come in: what lasts five minutes is one event, not five.
BLOCK = timedelta(minutes=10)
_BLOCK_MINUTES = BLOCK // timedelta(minutes=1)
_LEAST_DAYS = 2  # a jackknife needs two parts


@dataclass(slots=True)
class _Sums:
    """What the blocks of one day add up to."""

    excess: float = 0.0  # squared distance from what is expected, less what chance alone gives
    square: float = 0.0  # the same for a dispersion of 1 per minute
    variance: float = 0.0  # of `excess` without dispersion


def upper_dispersion(minutes: Sequence[Minute]) -> float:
    """Return the upper bound of a signal's dispersion per minute: the variance of a mean m is m + dispersion * m².

    It is the estimate and one standard error of it, the upper end of a 68 % interval. The estimate compares the squared
    distances of blocks of ten minutes with those of a binomial count of the same share, so that a burst of minutes counts
    as what it is. The standard error is that of a jackknife over days (Efron and Stein 1981, Ann. Statist. 9, 586-596),
    and at least that of counts without dispersion: where hardly an event was bad, the dispersion is not known, and great.
    It is infinite where no event was bad, or all lie in one day.
    """
    bad, total = sum(minute.bad for minute in minutes), sum(minute.total for minute in minutes)
    if not bad:
        return math.inf
    days = list(_by_day(minutes, bad / total).values())
    excess, square = sum(day.excess for day in days), sum(day.square for day in days)
    least_error = math.sqrt(sum(day.variance for day in days)) / square
    return max(0.0, excess / square + max(least_error, _jackknife_error(days)))


def _by_day(minutes: Iterable[Minute], share: float) -> dict[date, _Sums]:
    blocks: dict[datetime, list[Minute]] = {}
    for minute in minutes:
        start = minute.start - timedelta(minutes=minute.start.minute % _BLOCK_MINUTES)
        blocks.setdefault(start, []).append(minute)
    days: dict[date, _Sums] = {}
    for start, block in blocks.items():
        expected = share * sum(minute.total for minute in block)
        sums = days.setdefault(start.date(), _Sums())
        sums.excess += (sum(minute.bad for minute in block) - expected) ** 2 - expected * (1 - share)
        sums.square += expected**2 / len(block)
        sums.variance += 2 * expected**2 + expected
    return days


def _jackknife_error(days: Sequence[_Sums]) -> float:
    """Return the standard error of the ratio of sums, from leaving out one day after the other."""
    if len(days) < _LEAST_DAYS:
        return math.inf
    excess, square = sum(day.excess for day in days), sum(day.square for day in days)
    without = [(excess - day.excess) / (square - day.square) for day in days]
    mean = sum(without) / len(without)
    return math.sqrt((len(without) - 1) / len(without) * sum((value - mean) ** 2 for value in without))
