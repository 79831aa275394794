"""The stored counts of one signal of one resource in order of time; a bucket that nobody counted is left out."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.signals.counts import Count


class HistoryWindow(NamedTuple):
    """The events of a stretch of time, as far as they were counted."""

    bad: float
    total: float


class History:
    """Counts of one signal of one resource that can be cut by time."""

    def __init__(self, counts: Iterable[Count]) -> None:
        self.counts: Sequence[Count] = sorted(counts, key=lambda count: count.bucket)
        self._starts = [count.bucket for count in self.counts]

    def between(self, since: datetime, until: datetime) -> Sequence[Count]:
        """Return the buckets that start in [since, until)."""
        return self.counts[bisect_left(self._starts, since) : bisect_left(self._starts, until)]

    def window(self, since: datetime, until: datetime) -> HistoryWindow:
        """Add up the buckets that start in [since, until)."""
        counts = self.between(since, until)
        return HistoryWindow(sum(count.bad for count in counts), sum(count.total for count in counts))


def histories(series: Iterable[Count]) -> dict[str, History]:
    """Return the history of each signal, by its id, from the counts of one resource.

    Raises:
        ValueError: the counts are of several resources.
    """
    series_by_signal: dict[str, list[Count]] = {}
    resources: set[str] = set()
    for count in series:
        series_by_signal.setdefault(count.signal, []).append(count)
        resources.add(count.resource)
    if len(resources) > 1:
        raise ValueError(f"counts of {len(resources)} resources are judged together; expected one")
    return {signal: History(counts) for signal, counts in series_by_signal.items()}
