"""Read the last hour of an incident from the counts: one signal by 5 minutes, its peak, and what is usual."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.incidents.incident import Incident
from shared.incidents.recent.direction import Direction, direction_of
from shared.objectives.baseline import Baseline
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count, Counts
from shared.signals.signal import BUCKET, Origin, Shape, Signal

SPANS = 12  # of 5 minutes: an hour
_REACH = timedelta(hours=24)  # an incident that began earlier is read from here on
_LEAST = 10  # events in 5 minutes of which a peak is told; of fewer, one event is a large share


@dataclass(frozen=True, slots=True)
class LastHour:
    """One signal of an incident: one population, in whole spans of 5 minutes.

    `counts` are `SPANS` spans, oldest first; None where nothing was counted. `bad` and `total` are summed from the onset on;
    `peak` and `usual` are shares, 0 to 1.
    """

    signal: Signal
    counts: tuple[Count | None, ...]
    until: datetime  # the end of the last span
    read_at: datetime
    direction: Direction
    bad: float
    total: float
    peak: float
    usual: float | None = None  # None where it is not known yet

    @property
    def shares(self) -> tuple[float | None, ...]:
        """Return the share of bad events in each span, 0 to 1; None where there were no events."""
        return tuple(count.bad / count.total if count and count.total > 0 else None for count in self.counts)

    @property
    def now(self) -> float | None:
        """Return the share of bad events in the last span."""
        return self.shares[-1]

    @property
    def is_of_our_own_tries(self) -> bool:
        """Tell whether what was counted are our tries, and not what users did."""
        return self.signal.origin is Origin.TRIES


@dataclass(frozen=True, slots=True)
class LastHours:
    """The last hours of incidents, as the counts have them when they are asked."""

    counts: Counts
    normals: Callable[[Incident], Mapping[str, Baseline]]
    clock: Clock

    def of(self, incident: Incident) -> LastHour | None:
        """Return the last hour of what most bad events of an incident were counted by; None where nothing was."""
        now = self.clock.now()
        since = min(max(incident.onset, now - _REACH), now - (SPANS + 1) * BUCKET)
        series = self.counts.read(incident.resource, since, now)
        told = [_whole(series, signal) for signal in _signals(incident)]
        best = max((counts for counts in told if counts), key=_worth(incident), default=None)
        if best is None:
            return None
        normal = self.normals(incident).get(best[-1].signal)
        share = normal.share if normal else None
        return last_hour_of(incident, best, now, share.median if share else None)


def last_hour_of(incident: Incident, counts: Sequence[Count], now: datetime, usual: float | None) -> LastHour:
    """Return the hour that ends with the last of the whole counts of one signal, oldest first; there is at least one."""
    end = counts[-1].bucket
    by_start = {count.bucket: count for count in counts}
    spans = tuple(by_start.get(end - place * BUCKET) for place in reversed(range(SPANS)))
    broken = [count for count in counts if count.bucket >= incident.onset]
    telling = [count for count in broken if count.total >= _LEAST] or broken
    return LastHour(
        signal=next(signal for signal in SIGNALS if signal.id == counts[-1].signal),
        counts=spans,
        until=end + BUCKET,
        read_at=now,
        direction=direction_of([count for count in spans if count is not None]),
        bad=sum(count.bad for count in broken),
        total=sum(count.total for count in broken),
        peak=max((count.bad / count.total for count in telling if count.total > 0), default=0.0),
        usual=usual,
    )


def _signals(incident: Incident) -> list[Signal]:
    """Return the signals that an incident broke and whose share of bad events is known; an alert is none."""
    return [signal for signal in SIGNALS if signal.id in incident.signals and signal.shape is Shape.RATIO]


def _whole(series: Sequence[Count], signal: Signal) -> list[Count]:
    """Return the counts of a signal whose 5 minutes had ended when they were counted."""
    counts = (count for count in series if count.signal == signal.id and count.is_whole)
    return sorted(counts, key=lambda count: count.bucket)


def _worth(incident: Incident) -> Callable[[Sequence[Count]], tuple[bool, float]]:
    """Rank counts: what users did before our own tries, then the most bad events."""
    tries = {signal.id for signal in SIGNALS if signal.origin is Origin.TRIES}

    def worth(counts: Sequence[Count]) -> tuple[bool, float]:
        bad = sum(count.bad for count in counts if count.bucket >= incident.onset)
        return counts[-1].signal not in tries and bad > 0, bad

    return worth
