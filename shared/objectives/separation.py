"""Find the threshold of a standing rule that fires on a breach and is silent on every quiet hour that is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, sqrt

from shared.objectives.baseline import Span
from shared.objectives.history import History
from shared.signals.counts import Count
from shared.signals.signal import BUCKET


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of bad events, in whole percent, over a window that moves on by 5 minutes.

    Times are those of complete counts: rows that arrive late let a real rule fire later.
    """

    window: timedelta
    min_bad: float
    percent: int
    fires_at: datetime  # the end of the first window of the breach that breaks it
    peak_percent: float  # the worst window of the breach
    quiet_percent: float  # the worst window outside
    quiet_hours: float  # in which it was looked for


def threshold_of(
    series: Iterable[Count],
    breach: Span,
    window: timedelta,
    *,
    min_bad: float,
    allowed_percent: float,
    apart: Sequence[Span] = (),
) -> Threshold | None:
    """Return a threshold between the worst quiet window and the worst window of the breach; None where none lies there.

    `series` are the counts of one signal of one resource, `apart` other breaches of it, in which the rule may fire as
    well. The threshold is the geometric mean of what is usual, at least `allowed_percent`, and the worst of the breach.
    """
    history = History(series)
    windows = [
        (end, *history.window(end - window, end))
        for end in _ends(history, window)
        if not any(_overlaps(end, window, span) for span in apart)
    ]
    loud = [(end, bad, total) for end, bad, total in windows if _overlaps(end, window, breach)]
    quiet = [(bad, total) for end, bad, total in windows if not _overlaps(end, window, breach)]
    least = min(min_bad, max((bad for _, bad, _ in loud), default=0))
    if least <= 0:
        return None
    peak = max(_percent(bad, total) for _, bad, total in loud if bad >= least)
    worst = max((_percent(bad, total) for bad, total in quiet if bad >= least), default=0.0)
    percent = _between(max(worst, 0.0), peak, allowed_percent)
    if percent is None:
        return None
    fires_at = next(end for end, bad, total in loud if bad >= least and _percent(bad, total) >= percent)
    hours = len(quiet) * BUCKET / timedelta(hours=1)
    return Threshold(window, least, percent, fires_at, peak, worst, hours)


def _ends(history: History, window: timedelta) -> Iterable[datetime]:
    """Return the ends of all windows that hold a count."""
    ends = {
        count.bucket + number * BUCKET
        for count in history.counts
        for number in range(1, window // BUCKET + 1)
    }
    return sorted(ends)


def _overlaps(end: datetime, window: timedelta, span: Span) -> bool:
    return end - window < span.end and span.start < end


def _percent(bad: float, total: float) -> float:
    return 100 * bad / total if total > 0 else 100.0


def _between(worst: float, peak: float, allowed: float) -> int | None:
    lowest, highest = max(1, floor(worst) + 1), floor(peak)
    if lowest > highest:
        return None
    return min(highest, max(lowest, ceil(sqrt(max(worst, allowed) * peak))))
