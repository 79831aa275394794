"""Weigh counts as the queries of the library do: the same bounds and verdicts as shared/queries/library/judge.kql."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.playbooks.diagnosis import Verdict
from shared.queries.wilson import wilson

# All numbers are those of judge.kql.
ENOUGH = 20  # with fewer events the verdict is `inconclusive`
EXPLAINS_RATIO = 0.3  # share of the bad events that a cause must explain, by the Wilson bound
LEAST_CALLERS = 3  # what hits fewer may be theirs alone
# Shares of bad events, in the window and in its worst bucket, below which the symptom is not there.
_BACKGROUND_RATIO, _BACKGROUND_PEAK_RATIO = 0.01, 0.05
_PEAK_MIN_BAD = 5  # a bucket with fewer bad events is never the worst
_BUCKET = timedelta(minutes=5)
_BACKGROUND_MIN_BUCKETS = 3  # before the onset; fewer show no rate
_BACKGROUND_DEVIATIONS = 3  # hits so close to background are background


@dataclass(frozen=True, slots=True)
class Cell:
    """The events of one 5-minute bucket; a hit is a bad event that the hypothesis explains."""

    start: datetime
    total: float
    bad: float
    hits: float
    hit_at: datetime | None = None  # time of the first hit


@dataclass(frozen=True, slots=True)
class Weighing:
    """The verdict on a hypothesis, with the numbers behind it."""

    verdict: Verdict
    strength: float  # lower Wilson bound of the hits' share of the bad events, both without background
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
    beyond, bad_beyond = _beyond_background(cells)
    lower, upper = wilson(beyond, bad_beyond)
    presence = _presence(total, bad, peak)
    verdict = _explains(lower, upper, beyond) if presence is Verdict.SUPPORTED else presence
    return Weighing(verdict, lower, _onset(cells), total, bad, hits, peak)


def _presence(total: float, bad: float, peak: float) -> Verdict:
    if total <= 0:
        return Verdict.NO_DATA
    if total < ENOUGH:
        return Verdict.INCONCLUSIVE
    if bad / total < _BACKGROUND_RATIO and peak < _BACKGROUND_PEAK_RATIO:
        return Verdict.REFUTED
    return Verdict.SUPPORTED if bad >= ENOUGH else Verdict.INCONCLUSIVE


def _explains(lower: float, upper: float, beyond: float, callers: int | None = None) -> Verdict:
    if lower >= EXPLAINS_RATIO:
        return Verdict.SUPPORTED
    if beyond >= ENOUGH and (callers is None or callers >= LEAST_CALLERS):
        return Verdict.MINOR
    return Verdict.REFUTED if upper < EXPLAINS_RATIO else Verdict.INCONCLUSIVE


def _beyond_background(cells: Sequence[Cell]) -> tuple[float, float]:
    """Return the hits and the bad events without what ran before the symptom's onset and goes on since."""
    bad, hits = sum(cell.bad for cell in cells), sum(cell.hits for cell in cells)
    least = _power_of_4([cell.bad for cell in cells])
    onset = min((cell.start for cell in cells if cell.bad >= least), default=None)
    if onset is None:
        return hits, bad
    earlier = [cell for cell in cells if cell.start < onset]
    first = min(cell.start for cell in cells)
    before = (onset - first) / _BUCKET
    since = (max(cell.start for cell in cells) - onset) / _BUCKET + 1
    hits_before = sum(cell.hits for cell in earlier)
    # Hits that began in the window themselves are another fault and no background.
    own, own_before = (hits, hits_before) if _began_after(first + _BUCKET, cells) else (0.0, 0.0)
    usual_bad = _background(bad - own, sum(cell.bad for cell in earlier) - own_before, before, since)
    usual_hits = 0.0 if own else _background(hits, hits_before, before, since)
    bad_beyond = bad - usual_bad
    if bad_beyond < ENOUGH or _is_noise(bad_beyond, usual_bad):
        return hits, bad
    beyond = 0.0 if _is_noise(hits - usual_hits, usual_hits) else hits - usual_hits
    return beyond, max(bad_beyond, beyond)


def _is_noise(beyond: float, usual: float) -> bool:
    """Tell whether so many events beyond the usual ones may be chance."""
    return beyond**2 <= _BACKGROUND_DEVIATIONS**2 * usual


def _began_after(moment: datetime, cells: Sequence[Cell]) -> bool:
    """Tell whether the first bucket with hits that are no strays starts after a moment."""
    least = _least([cell.hits for cell in cells])
    start = min((cell.start for cell in cells if cell.hits and cell.hits >= least), default=None)
    return start is not None and start > moment


def _background(events: float, events_before: float, before: float, since: float) -> float:
    """Return how many events ran at the lower of the rates before and since the onset, in all buckets."""
    if before < _BACKGROUND_MIN_BUCKETS:
        return 0.0
    return min(events_before / before, (events - events_before) / since) * (before + since)


def _onset(cells: Sequence[Cell]) -> datetime | None:
    """Return the time of the first hit in a bucket that is not a stray.

    A stray has fewer hits than a limit between a sixteenth and a quarter of the busiest bucket's hits (a power of 4).
    """
    least = _least([cell.hits for cell in cells])
    return min((cell.hit_at for cell in cells if cell.hit_at and cell.hits >= least), default=None)


def _least(counts: Sequence[float]) -> float:
    return max(1.0, _power_of_4(counts) / 4)


def _power_of_4(counts: Sequence[float]) -> float:
    """Return the largest power of 4, at least 1, that the busiest bucket reaches."""
    busiest = max(counts, default=0.0)
    return 4.0 ** math.floor(math.log(busiest, 4) + 1e-9) if busiest >= 1 else 1.0
