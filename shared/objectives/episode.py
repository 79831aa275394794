"""Find the episode of a breach: from its first bad bucket to its last, without the strays around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.history import History
from shared.objectives.rules import Rule, is_over, shows_symptom
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape

REACH = timedelta(hours=6)  # an episode is followed so far to either side of the bucket that showed it
_CALM_BUCKETS = 2  # consecutive good buckets that end an episode
# A bucket with less than a sixteenth of the worst bucket's bad events is a stray: `weigh` of judge.kql.
_STRAY_DIVISOR = 16


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of bad buckets: [onset, last_bad)."""

    onset: datetime
    last_bad: datetime

    def union(self, other: "Episode") -> "Episode":
        """Return the shortest episode that holds both."""
        return Episode(min(self.onset, other.onset), max(self.last_bad, other.last_bad))


def episode_of(
    history: History, shape: Shape, settings: ObjectiveSettings, rule: Rule, end: datetime
) -> Episode:
    """Return the episode around the bucket that ends at `end`, where a rule is broken.

    The episode holds at least `rule.min_bad` bad events: a slow burn without a dense part lasts as long as its window.
    """
    bad = [count for count in history.between(end - rule.short, end) if count.bad > 0]
    middle = next((count for count in reversed(bad) if is_over(shape, settings, count)), bad[-1])
    before = reversed(history.between(middle.bucket - REACH, middle.bucket))
    after = history.between(middle.bucket + BUCKET, middle.bucket + REACH)
    first = _edge(before, middle, shape, settings)
    last = _edge(after, middle, shape, settings)
    episode = _without_strays(history.between(first.bucket, last.bucket + BUCKET), shape, settings)
    if history.window(episode.onset, episode.last_bad).bad >= rule.min_bad:
        return episode
    starts = [count.bucket for count in history.between(end - rule.long, end) if count.bad > 0]
    return episode.union(Episode(starts[0], starts[-1] + BUCKET))


def _edge(counts: Iterable[Count], start: Count, shape: Shape, settings: ObjectiveSettings) -> Count:
    """Walk away from a bucket, along `counts`, and return the last bucket of its episode."""
    pause = REACH if shape is Shape.RATIO or settings.limit is None else settings.limit.within
    edge, calm = start, 0
    for count in counts:
        # Without a total there is no count of the buckets in which nothing was bad.
        if abs(count.bucket - edge.bucket) > pause:
            break
        if is_over(shape, settings, count):
            edge, calm = count, 0
        elif shape is Shape.VALUE or count.total >= settings.bucket_min_events:
            calm += 1
            if calm == _CALM_BUCKETS:
                break
    return edge


def _without_strays(counts: Sequence[Count], shape: Shape, settings: ObjectiveSettings) -> Episode:
    least = max(count.bad for count in counts) / _STRAY_DIVISOR
    dense = [count.bucket for count in counts if count.bad >= least or shows_symptom(shape, settings, count)]
    return Episode(dense[0], dense[-1] + BUCKET)
