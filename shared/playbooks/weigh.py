"""Weigh counts as the queries of the library do: the same bounds and verdicts as shared/queries/library/judge.kql."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.playbooks.diagnosis import Verdict
from shared.queries.wilson import wilson

# All numbers are those of judge.kql.
ENOUGH = 20  # with fewer events the verdict is `inconclusive`
EXPLAINS_RATIO = 0.3  # share of the bad events that a cause must explain, by the Wilson bound
# Shares of bad events, in the window and in its worst bucket, below which the symptom is not there.
_BACKGROUND_RATIO, _BACKGROUND_PEAK_RATIO = 0.01, 0.05
_PEAK_MIN_BAD = 5  # a bucket with fewer bad events is never the worst


@dataclass(frozen=True, slots=True)
class Cell:
    """The events of one 5-minute bucket; a hit is a bad event that the hypothesis explains."""

    total: float
    bad: float
    hits: float
    hit_at: datetime | None = None  # time of the first hit


@dataclass(frozen=True, slots=True)
class Weighing:
    """The verdict on a hypothesis, with the numbers behind it."""

    verdict: Verdict
    strength: float  # lower Wilson bound of the hits' share of the bad events
    onset: datetime | None  # time of the first hit that is not a stray
    total: float
    bad: float
    hits: float
    peak: float  # the worst bucket's share of bad events, 0..1

    @property
    def percent(self) -> float:
        """The hits' share of the bad events, 0..100."""
        return round(100.0 * self.hits / self.bad, 1) if self.bad else 0.0


def weigh(cells: Sequence[Cell]) -> Weighing:
    """Judge whether the hits explain the bad events; if every bad event is a hit, whether the symptom is there."""
    total, bad, hits = (sum(values) for values in zip(*((c.total, c.bad, c.hits) for c in cells), strict=True)) if cells else (0.0, 0.0, 0.0)  # fmt: skip
    peak = max((cell.bad / cell.total for cell in cells if cell.bad >= _PEAK_MIN_BAD), default=0.0)
    lower, upper = wilson(hits, bad)
    presence = _presence(total, bad, peak)
    verdict = _explains(lower, upper) if presence is Verdict.SUPPORTED else presence
    return Weighing(verdict, lower, _onset(cells), total, bad, hits, peak)


def _presence(total: float, bad: float, peak: float) -> Verdict:
    if total <= 0:
        return Verdict.NO_DATA
    if total < ENOUGH:
        return Verdict.INCONCLUSIVE
    if bad / total < _BACKGROUND_RATIO and peak < _BACKGROUND_PEAK_RATIO:
        return Verdict.REFUTED
    return Verdict.SUPPORTED if bad >= ENOUGH else Verdict.INCONCLUSIVE


def _explains(lower: float, upper: float) -> Verdict:
    if lower >= EXPLAINS_RATIO:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if upper < EXPLAINS_RATIO else Verdict.INCONCLUSIVE


def _onset(cells: Sequence[Cell]) -> datetime | None:
    """Return the time of the first hit in a bucket that is not a stray.

    A stray has fewer hits than a limit between a sixteenth and a quarter of the busiest bucket's hits (a power of 4).
    """
    busiest = max((cell.hits for cell in cells), default=0.0)
    least = 4.0 ** max(0, math.floor(math.log(busiest, 4) + 1e-9) - 1) if busiest >= 1 else 1.0
    return min((cell.hit_at for cell in cells if cell.hit_at and cell.hits >= least), default=None)
