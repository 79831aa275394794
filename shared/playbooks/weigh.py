"""Weigh counts as the queries of the library do (shared/queries/library/judge.kql): the same bounds, the same verdicts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.playbooks.diagnosis import Verdict

ENOUGH = 20  # events, below which nothing is decided
EXPLAINS = 0.3  # of the bad events, by the Wilson bound
_BACKGROUND, _BACKGROUND_PEAK = 0.01, 0.05
_PEAK_NEEDS = 5  # bad events, for a bucket's share to count
_Z2 = 1.96**2


@dataclass(frozen=True, slots=True)
class Cell:
    """What one 5-minute bucket held, and when the first hit in it was."""

    total: float
    bad: float
    hits: float
    hit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """The verdict on a hypothesis, with what it rests on."""

    verdict: Verdict
    strength: float
    onset: datetime | None
    total: float
    bad: float
    hits: float
    peak: float

    @property
    def percent(self) -> float:
        """The hits' share of the bad events."""
        return round(100.0 * self.hits / self.bad, 1) if self.bad else 0.0


def weigh(cells: Sequence[Cell]) -> Weighed:
    """Judge whether the hits explain the bad events; with every bad event a hit, whether the symptom is there."""
    total, bad, hits = (sum(values) for values in zip(*((c.total, c.bad, c.hits) for c in cells), strict=True)) if cells else (0.0, 0.0, 0.0)  # fmt: skip
    peak = max((cell.bad / cell.total for cell in cells if cell.bad >= _PEAK_NEEDS), default=0.0)
    lower, upper = wilson(hits, bad)
    shown = _presence(total, bad, peak)
    verdict = _explains(lower, upper) if shown is Verdict.SUPPORTED else shown
    return Weighed(verdict, lower, _onset(cells), total, bad, hits, peak)


def wilson(hits: float, of: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval. Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209-212."""
    if of <= 0:
        return 0.0, 1.0
    middle = hits + _Z2 / 2
    reach = 1.96 * math.sqrt(max(0.0, hits * (of - hits) / of + _Z2 / 4))
    return max(0.0, (middle - reach) / (of + _Z2)), min(1.0, (middle + reach) / (of + _Z2))


def _presence(total: float, bad: float, peak: float) -> Verdict:
    if total <= 0:
        return Verdict.NO_DATA
    if total < ENOUGH:
        return Verdict.INCONCLUSIVE
    if bad / total < _BACKGROUND and peak < _BACKGROUND_PEAK:
        return Verdict.REFUTED
    return Verdict.SUPPORTED if bad >= ENOUGH else Verdict.INCONCLUSIVE


def _explains(lower: float, upper: float) -> Verdict:
    if lower >= EXPLAINS:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if upper < EXPLAINS else Verdict.INCONCLUSIVE


def _onset(cells: Sequence[Cell]) -> datetime | None:
    """Find the first hit in a bucket with between a sixteenth and a quarter of the busiest one's hits, or more."""
    busiest = max((cell.hits for cell in cells), default=0.0)
    least = 4.0 ** max(0, math.floor(math.log(busiest, 4) + 1e-9) - 1) if busiest >= 1 else 1.0
    return min((cell.hit_at for cell in cells if cell.hit_at and cell.hits >= least), default=None)
