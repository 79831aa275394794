"""The usual failures of a signal, minute by minute, on three kinds of noise."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.objectives.sequential.minute import MINUTE, Minute

USUAL = 0.001  # of the events fail always
DAY = 1440  # minutes
MONTH = 30 * DAY
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)  # minute 0 of every simulation
# PostHog publishes a coefficient of variation of 2.2 per five minutes for its error streams. Where minutes are
# independent, five of them have a fifth of the dispersion of one.
DISPERSION = 5 * 2.2**2
_CYCLE = 0.6  # traffic goes up and down by this share of its mean, once a day
_STEPS = (0.7, 1.0, 1.4)  # by which traffic and the share of failures step up or down
_STEP_LASTS = 3 * DAY
_NORMAL_FROM = 30.0  # a mean from which on a Poisson count is drawn from a rounded normal distribution


@dataclass(frozen=True, slots=True)
class Noise:
    """A kind of noise: the dispersion of one minute, for how many minutes a level stays, and whether there are days."""

    name: str
    dispersion: float
    lasts: int
    has_days: bool


BINOMIAL = Noise("binomial", 0.0, 1, has_days=False)
WIDE = Noise("negative binomial, days, steps", DISPERSION, 1, has_days=True)
# The same minutes as those of the one before, each of them five minutes long.
BURSTS = Noise("bursts of five minutes", DISPERSION, 5, has_days=False)
NOISES = (BINOMIAL, WIDE, BURSTS)


class Signal:
    """The usual events of a signal with so many a minute on average; minutes are counted from Monday."""

    def __init__(self, noise: Noise, rate: int, dice: random.Random) -> None:
        self.noise, self.rate, self._dice = noise, rate, dice
        self._level = 1.0
        self._traffic_step = self._share_step = 1.0

    def minutes(self, first: int, count: int) -> Iterator[Minute]:
        """Return the next minutes; they are to be asked one after the other."""
        for number in range(first, first + count):
            total = self._total(number)
            if number % self.noise.lasts == 0:
                self._level = self._next_level()
            bad = poisson(total * USUAL * self._share_step * self._level, self._dice)
            yield Minute(MONDAY + number * MINUTE, min(bad, total), total)

    def _total(self, number: int) -> int:
        if not self.noise.has_days:
            return self.rate
        if number % _STEP_LASTS == 0:
            self._traffic_step, self._share_step = self._dice.choice(_STEPS), self._dice.choice(_STEPS)
        cycle = 1 + _CYCLE * math.sin(2 * math.pi * number / DAY)
        return max(1, round(self.rate * cycle * self._traffic_step))

    def _next_level(self) -> float:
        dispersion = self.noise.dispersion
        return self._dice.gammavariate(1 / dispersion, dispersion) if dispersion else 1.0


def poisson(mean: float, dice: random.Random) -> int:
    """Draw a Poisson count."""
    if mean > _NORMAL_FROM:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    number, product, end = 0, dice.random(), math.exp(-mean)
    while product > end:
        number += 1
        product *= dice.random()
    return number


def failing(events: int, share: float, dice: random.Random) -> int:
    """Draw how many of some events fail, each with the same probability."""
    variance = events * share * (1 - share)
    if variance > _NORMAL_FROM:
        return min(events, max(0, round(dice.gauss(events * share, math.sqrt(variance)))))
    return sum(dice.random() < share for _ in range(events))
