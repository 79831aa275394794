"""The kept counts of one signal of one resource, in order of time; a bucket that nobody counted is not there."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.signals.counts import Count


class HistoryWindow(NamedTuple):
    """What a stretch of time held, as far as it was counted."""

    bad: float
    total: float


class History:
    """Counts that can be cut by time."""

    def __init__(self, counts: Iterable[Count]) -> None:
        self.counts: Sequence[Count] = sorted(counts, key=lambda count: count.bucket)
        self._starts = [count.bucket for count in self.counts]

    def between(self, since: datetime, until: datetime) -> Sequence[Count]:
        """Return the buckets that start in [since, until)."""
        return self.counts[bisect_left(self._starts, since) : bisect_left(self._starts, until)]

    def window(self, since: datetime, until: datetime) -> HistoryWindow:
        """Add up the buckets that start in [since, until)."""
        found = self.between(since, until)
        return HistoryWindow(sum(count.bad for count in found), sum(count.total for count in found))


def histories(series: Iterable[Count]) -> dict[str, History]:
    """Sort the counts of one resource by signal.

    Raises:
        ValueError: there are several resources among them.
    """
    counts: dict[str, list[Count]] = {}
    resources: set[str] = set()
    for count in series:
        counts.setdefault(count.signal, []).append(count)
        resources.add(count.resource)
    if len(resources) > 1:
        raise ValueError(f"counts of {len(resources)} resources are judged together; expected one")
    return {signal: History(own) for signal, own in counts.items()}
