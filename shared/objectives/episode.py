"""How long a breach has lasted: from its first bad bucket to its last, without the strays around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.history import History
from shared.objectives.rules import Rule, is_over, lasting
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape

REACH = timedelta(hours=6)  # an episode is followed no further to either side of the bucket that showed it
_CALM = 2  # consecutive good buckets that end an episode
_STRAY = (
    16  # a bucket with less than this part of the worst one's bad events is a stray: `weigh` of judge.kql
)


@dataclass(frozen=True, slots=True)
class Span:
    """An episode: [onset, last_bad)."""

    onset: datetime
    last_bad: datetime

    def joined(self, other: "Span") -> "Span":
        """Return the span of both."""
        return Span(min(self.onset, other.onset), max(self.last_bad, other.last_bad))


def span_of(history: History, shape: Shape, settings: ObjectiveSettings, rule: Rule, end: datetime) -> Span:
    """Return the episode that a rule, broken at the end of a bucket, belongs to.

    It holds at least `rule.min_bad` bad events: a slow burn without a dense part lasts as long as its window.
    """
    seen = [count for count in history.between(end - rule.short, end) if count.bad > 0]
    first = next((count for count in reversed(seen) if is_over(shape, settings, count)), seen[-1])
    before = reversed(history.between(first.bucket - REACH, first.bucket))
    after = history.between(first.bucket + BUCKET, first.bucket + REACH)
    onset = _edge(before, first, shape, settings)
    last = _edge(after, first, shape, settings)
    span = _without_strays(history.between(onset.bucket, last.bucket + BUCKET), shape, settings)
    if history.window(span.onset, span.last_bad).bad >= rule.min_bad:
        return span
    bad = [count.bucket for count in history.between(end - rule.long, end) if count.bad > 0]
    return span.joined(Span(bad[0], bad[-1] + BUCKET))


def _edge(counts: Iterable[Count], first: Count, shape: Shape, settings: ObjectiveSettings) -> Count:
    """Walk away from a bucket and return the last one that is still of its episode."""
    pause = REACH if shape is Shape.RATIO or settings.limit is None else settings.limit.within
    edge, calm = first, 0
    for count in counts:
        if abs(count.bucket - edge.bucket) > pause:
            break  # without a total nobody counts the buckets in which nothing was bad
        if is_over(shape, settings, count):
            edge, calm = count, 0
        elif shape is Shape.VALUE or count.total >= settings.bucket_min_events:
            calm += 1
            if calm == _CALM:
                break
    return edge


def _without_strays(counts: Sequence[Count], shape: Shape, settings: ObjectiveSettings) -> Span:
    least = max(count.bad for count in counts) / _STRAY
    dense = [count.bucket for count in counts if count.bad >= least or lasting(shape, settings, count)]
    return Span(dense[0], dense[-1] + BUCKET)
