"""What a panel of a chart shows: the events of one signal, five minutes or more at a time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.rules import allowed_ratio, is_over
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape, Signal

MOST_BARS = 72  # six hours of 5 minutes, at 12 pixels each
_STEPS = (1, 2, 3, 6, 12, 24, 48, 96, 288)  # buckets in a bar


@dataclass(frozen=True, slots=True)
class Bar:
    """The events of one step; `is_over` tells that they are outside the goal."""

    start: datetime
    bad: float
    total: float
    is_over: bool = False
    is_whole: bool = True  # its source has had the time to send all of it

    @property
    def share(self) -> float:
        """The share of bad events, 0 to 1; 0 where nothing happened."""
        if not (math.isfinite(self.bad) and math.isfinite(self.total)) or self.total <= 0:
            return 0.0
        return max(0.0, min(self.bad / self.total, 1.0))


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time that is drawn, in steps: no step of it is cut."""

    since: datetime
    until: datetime
    step: timedelta

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return (self.until - self.since) // self.step


@dataclass(frozen=True, slots=True)
class Panel:
    """One signal: its bars by time. A step that nobody counted has no bar.

    `goal` is the share of bad events that is promised at most; None where the source shows no total.
    """

    name: str
    bars: tuple[Bar, ...]
    goal: float | None

    @property
    def bad(self) -> float:
        """All its bad events."""
        return sum(bar.bad for bar in self.bars)

    @property
    def total(self) -> float:
        """All its events."""
        return sum(bar.total for bar in self.bars)

    @property
    def peak(self) -> Bar | None:
        """The worst bar that is outside the goal; of several the first."""
        over = [bar for bar in self.bars if bar.is_over]
        return max(over, key=lambda bar: (bar.share, bar.bad), default=None)


def span_of(since: datetime, until: datetime) -> TimeSpan:
    """Return the span that holds a time in at most `MOST_BARS` steps."""
    for buckets in _STEPS:
        step = buckets * BUCKET
        start, end = _floor(since, step), _floor(until - timedelta(microseconds=1), step) + step
        if (end - start) // step <= MOST_BARS:
            return TimeSpan(start, max(end, start + step), step)
    return TimeSpan(end - MOST_BARS * step, end, step)


def panel_of(
    signal: Signal, settings: ObjectiveSettings, counts: Iterable[Count], span: TimeSpan, now: datetime
) -> Panel:
    """Return the panel of a signal; `counts` may be of several signals."""
    sums: dict[datetime, list[Count]] = {}
    for count in counts:
        if count.signal == signal.id and span.since <= count.bucket < span.until:
            sums.setdefault(_floor(count.bucket, span.step), []).append(count)
    bars = tuple(
        _bar(sums[start], signal, settings, (start, start + span.step), now) for start in sorted(sums)
    )
    goal = float(allowed_ratio(settings)) if signal.shape is Shape.RATIO else None
    return Panel(signal.title, bars, goal)


def _bar(
    counts: Sequence[Count],
    signal: Signal,
    settings: ObjectiveSettings,
    times: tuple[datetime, datetime],
    now: datetime,
) -> Bar:
    bad, total = sum(count.bad for count in counts), sum(count.total for count in counts)
    whole = Count(counts[0].resource, signal.id, times[0], bad, total, now)
    # A limit without a total is one of 5 minutes.
    judged = [whole] if signal.shape is Shape.RATIO else counts
    return Bar(
        times[0],
        bad,
        total,
        is_over=any(is_over(signal.shape, settings, count) for count in judged),
        is_whole=times[1] + signal.delay <= now,
    )


def _floor(moment: datetime, step: timedelta) -> datetime:
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)
