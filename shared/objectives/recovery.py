"""Measure how far a symptom has recovered: which buckets with enough events are back within its objectives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.by_minute import NO_NORMALS, alarms_by_minute, is_back_to_normal
from shared.objectives.episode import REACH
from shared.objectives.history import History, histories
from shared.objectives.judge import broken_rule
from shared.objectives.rules import is_over, rules_of, shows_symptom
from shared.objectives.sequential.alarm import Alarm
from shared.objectives.sequential.normal import Normal
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape, Signal

NEEDED_BUCKETS = 6  # 30 minutes back within objective
_TICK = datetime.resolution  # `between` excludes its end; a bucket that ends now is over


@dataclass(frozen=True, slots=True)
class Recovery:
    """How far a symptom has recovered."""

    good: int  # buckets with enough events and within objective since the last bad one
    needed: int  # good buckets from which on the symptom is gone
    last_bad: datetime | None  # end of the newest bad bucket since `since`; None if there is none
    enough_until: datetime | None  # end of the newest bucket that had enough events

    @property
    def is_complete(self) -> bool:
        """Tell whether the symptom is gone."""
        return self.good >= self.needed


@dataclass(frozen=True, slots=True)
class _JudgedSignal:
    signal: Signal
    settings: ObjectiveSettings
    history: History
    normal: Normal | None
    alarms: Sequence[Alarm]  # of its minutes

    def last_bad(self, since: datetime, now: datetime) -> datetime | None:
        """Return the end of the newest bucket or minute since then that shows the symptom, with those before it or alone."""
        ends = [end for end in (self._last_bad_bucket(since, now), *self._alarmed(since)) if end]
        return max(ends, default=None)

    def _alarmed(self, since: datetime) -> list[datetime]:
        return [alarm.last_bad for alarm in self.alarms if alarm.last_bad > since]

    def _last_bad_bucket(self, since: datetime, now: datetime) -> datetime | None:
        rules = rules_of(self.signal.shape, self.settings)
        later = History(self.history.between(since, now))
        for count in reversed(later.counts):
            end = count.bucket + BUCKET
            if self._lasts(count) or (self._over(count) and broken_rule(later, rules, end)):
                return end
        return None

    def has_raised(self, until: datetime) -> bool:
        """Tell whether this signal broke its objective in the 6 hours before a moment."""
        rules = rules_of(self.signal.shape, self.settings)
        counts = self.history.between(until - REACH, until)
        return self.was_alarmed(until) or any(
            broken_rule(self.history, rules, count.bucket + BUCKET) for count in counts
        )

    def was_alarmed(self, until: datetime) -> bool:
        """Tell whether its minutes raised an alarm in the 6 hours before a moment."""
        return any(until - REACH < alarm.last_bad and alarm.onset < until for alarm in self.alarms)

    def enough(self, since: datetime, now: datetime) -> list[Count]:
        """Return the buckets that have ended and have enough events to be judged."""
        least = 0 if self.signal.shape is Shape.VALUE else self.settings.bucket_min_events
        counts = self.history.between(since, now - BUCKET + _TICK)
        return [count for count in counts if count.total >= least]

    def good(self, since: datetime, now: datetime) -> int:
        """Count the buckets with enough events that are within objective; none while its minutes are far from normal."""
        if self.normal and self.was_alarmed(since) and not self._is_normal(self.normal, since, now):
            return 0
        return sum(not self._over(count) for count in self.enough(since, now))

    def _is_normal(self, normal: Normal, since: datetime, now: datetime) -> bool:
        return is_back_to_normal(self.signal, self.history, normal, since, now)

    def _over(self, count: Count) -> bool:
        return is_over(self.signal.shape, self.settings, count)

    def _lasts(self, count: Count) -> bool:
        return shows_symptom(self.signal.shape, self.settings, count)


def recovery_of(
    signals: Sequence[Signal],
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    since: datetime,
    now: datetime,
    *,
    normals: Mapping[str, Normal] = NO_NORMALS,
) -> Recovery:
    """Return how far a symptom has recovered since a moment.

    `signals` are all signals of the symptom. `series` are the counts of one resource from 6 hours before `since` on, so
    that they show which signals raised the symptom. Those signals, and all others with enough events, must be good; where
    the minutes raised it, by `normals`, those must be back to normal as well. A signal without a total can show that the symptom lasts, but not that it is gone, unless the symptom has no other.

    Raises:
        ValueError: the counts are of several resources.
    """
    by_signal = histories(series)
    judged = [
        _judged_signal(signal, settings, by_signal.get(signal.id, History(())), normals.get(signal.id), now)
        for signal in signals
        if (settings := objectives.get(signal.id)) and settings.enabled
    ]
    bad_ends = [end for candidate in judged if (end := candidate.last_bad(since, now))]
    last_bad = max(bad_ends, default=None)
    decisive = [candidate for candidate in judged if candidate.signal.shape is Shape.RATIO] or judged
    must_be_good = [
        candidate for candidate in decisive if candidate.has_raised(since) or candidate.enough(since, now)
    ]
    ends = [count.bucket + BUCKET for candidate in decisive for count in candidate.enough(since, now)]
    return Recovery(
        good=min((candidate.good(last_bad or since, now) for candidate in must_be_good), default=0),
        needed=NEEDED_BUCKETS,
        last_bad=last_bad,
        enough_until=max(ends, default=None),
    )


def _judged_signal(
    signal: Signal, settings: ObjectiveSettings, history: History, normal: Normal | None, now: datetime
) -> _JudgedSignal:
    return _JudgedSignal(
        signal, settings, history, normal, alarms_by_minute(signal, settings, history, normal, now)
    )
