"""Tell whether a symptom is back within its objectives, from buckets that have enough events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.episode import REACH
from shared.objectives.history import History, histories
from shared.objectives.judge import broken_rule
from shared.objectives.rules import is_over, lasting, rules_of
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape, Signal

NEEDED = 6  # buckets: 30 minutes back within objective
_TICK = datetime.resolution  # `between` excludes its end; a bucket that ends now is over


@dataclass(frozen=True, slots=True)
class Recovery:
    """How far a symptom is on its way back."""

    good: int  # buckets with enough events and within objective since the last bad one
    needed: int
    last_bad: datetime | None  # end of the newest bad bucket since the time asked for
    enough_until: datetime | None  # end of the newest bucket that had enough events

    @property
    def held(self) -> bool:
        """Tell whether the symptom is gone."""
        return self.good >= self.needed


@dataclass(frozen=True, slots=True)
class _Watched:
    signal: Signal
    settings: ObjectiveSettings
    history: History

    def last_bad(self, since: datetime, now: datetime) -> datetime | None:
        """Return the end of the newest bucket that shows the symptom by itself or with others since then."""
        rules = rules_of(self.signal.shape, self.settings)
        later = History(self.history.between(since, now))
        for count in reversed(later.counts):
            end = count.bucket + BUCKET
            if self._lasts(count) or (self._over(count) and broken_rule(later, rules, end)):
                return end
        return None

    def has_raised(self, until: datetime) -> bool:
        """Tell whether this signal broke its objective shortly before."""
        rules = rules_of(self.signal.shape, self.settings)
        counts = self.history.between(until - REACH, until)
        return any(broken_rule(self.history, rules, count.bucket + BUCKET) for count in counts)

    def enough(self, since: datetime, now: datetime) -> list[Count]:
        """Return the buckets that are over and have enough events to say something."""
        least = 0 if self.signal.shape is Shape.VALUE else self.settings.bucket_min_events
        return [one for one in self.history.between(since, now - BUCKET + _TICK) if one.total >= least]

    def good(self, since: datetime, now: datetime) -> int:
        """Count those of them that are within objective."""
        return sum(not self._over(count) for count in self.enough(since, now))

    def _over(self, count: Count) -> bool:
        return is_over(self.signal.shape, self.settings, count)

    def _lasts(self, count: Count) -> bool:
        return lasting(self.signal.shape, self.settings, count)


def recovery(
    signals: Sequence[Signal],
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    since: datetime,
    now: datetime,
) -> Recovery:
    """Return how far a symptom is back.

    `signals` are all of the symptom, `series` the counts of one resource from 6 hours before `since` on: they tell which
    signals raised the symptom. Those, and all others with enough events, must be back. A signal without a total can
    show that the symptom lasts, but not that it is gone, unless the symptom has no other.
    """
    by_signal = histories(series)
    watched = [
        _Watched(signal, settings, by_signal.get(signal.id, History(())))
        for signal in signals
        if (settings := objectives.get(signal.id)) and settings.enabled
    ]
    bad = [end for one in watched if (end := one.last_bad(since, now))]
    last_bad = max(bad, default=None)
    telling = [one for one in watched if one.signal.shape is Shape.RATIO] or watched
    start = last_bad or since
    needed = [one for one in telling if one.has_raised(since) or one.enough(since, now)]
    seen = [count.bucket + BUCKET for one in telling for count in one.enough(since, now)]
    return Recovery(
        good=min((one.good(start, now) for one in needed), default=0),
        needed=NEEDED,
        last_bad=last_bad,
        enough_until=max(seen, default=None),
    )
