"""Say where a fault goes: whether its last 5 minutes are worse or better than those before, by more than chance."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from shared.signals.counts import Count

# Two shares differ where their distance is more than this many standard errors: chance alone does it in 1 of 100
# comparisons (the normal distribution, both sides).
_BEYOND_CHANCE = 2.576
_BEFORE = 2  # spans of 5 minutes that the last is compared with


class Direction(StrEnum):
    """Where the share of bad events goes; the value is the word that people read."""

    GROWING = "growing"
    STEADY = "steady"
    FADING = "fading"

    @property
    def sign(self) -> str:
        """Return the shape that stands before the word."""
        return {"growing": "▲", "steady": "▬", "fading": "▼"}[self.value]


class _Share(NamedTuple):
    bad: float
    total: float


def direction_of(counts: Sequence[Count]) -> Direction:
    """Compare the last of some counts of one signal, oldest first and each whole, with the two before it."""
    *earlier, last = counts or (None,)
    before = _sum(earlier[-_BEFORE:])
    if last is None or before.total <= 0 or last.total <= 0:
        return Direction.STEADY
    together = (before.bad + last.bad) / (before.total + last.total)
    error = math.sqrt(max(0.0, together * (1 - together)) * (1 / before.total + 1 / last.total))
    rise = last.bad / last.total - before.bad / before.total
    if abs(rise) <= _BEYOND_CHANCE * error:
        return Direction.STEADY
    return Direction.GROWING if rise > 0 else Direction.FADING


def _sum(counts: Sequence[Count | None]) -> _Share:
    known = [count for count in counts if count is not None]
    return _Share(sum(count.bad for count in known), sum(count.total for count in known))
