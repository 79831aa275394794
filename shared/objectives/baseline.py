"""Learn the normal of a signal: what its 5 minutes usually look like in each hour of the week."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import fmean, median
from typing import NamedTuple

from shared.signals.counts import Count
from shared.signals.keep import hour_of
from shared.signals.signal import BUCKET

LEARNED_FROM = timedelta(days=14)  # two weeks: each hour of the week was seen twice
HOURS_OF_WEEK = 168


class Learning(StrEnum):
    """How far the normal of a signal is known."""

    LEARNING = "learning"  # counted for less than 14 days
    KNOWN = "known"
    QUIET = "no events"  # counted for long enough, and this hour of the week had no event


class Span(NamedTuple):
    """A stretch of time that is no part of the normal, such as an incident: [start, end)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the values of buckets lie. `mad` is the median of their distances from the median, not scaled."""

    median: float
    mad: float
    mean: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """The normal of one signal of one resource in one hour of the week, by buckets of 5 minutes.

    The mean of the share is that of all events together: a bucket with many events weighs more. Where there were no
    events, the spreads are None.
    """

    hour: int  # of the week: 0 is Monday 00:00 to 01:00 UTC
    first_counted: datetime | None  # the oldest count that is kept
    known_from: datetime | None  # when 14 days are counted
    learning: Learning
    buckets: int = 0  # that had events
    bad: Spread | None = None  # bad events of a bucket
    total: Spread | None = None  # all events of a bucket
    share: Spread | None = None  # bad ones of all, 0 to 1


def hour_of_week(moment: datetime) -> int:
    """Return the hour of the week of a moment, in UTC: 0 is Monday 00:00 to 01:00."""
    utc = moment.astimezone(UTC)
    return utc.weekday() * 24 + utc.hour


def learned_window(at: datetime) -> Span:
    """Return the 14 days that the normal of a moment is learned from: those before its hour."""
    end = hour_of(at)
    return Span(end - LEARNED_FROM, end)


def baseline_of(
    series: Iterable[Count], first_counted: datetime | None, at: datetime, apart: Sequence[Span] = ()
) -> Baseline:
    """Return the normal of the hour of the week that holds `at`, learned from the 14 days before that hour.

    `series` are counts of one signal of one resource; those of other hours are passed over. A bucket that `apart`
    touches does not count. Each bucket counts once, with its latest count, in whatever order they come.
    """
    window, hour = learned_window(at), hour_of_week(at)
    counts = [
        count
        for count in _latest(series)
        if window.start <= count.bucket < window.end
        and hour_of_week(count.bucket) == hour
        and count.total > 0
        and not _touches(count, apart)
    ]
    return _baseline(hour, first_counted, at, counts)


def baselines_of_week(
    series: Iterable[Count], first_counted: datetime | None, now: datetime, apart: Sequence[Span] = ()
) -> Mapping[int, Baseline]:
    """Return the normal of every hour of the week that had events, learned from the 14 days before this hour."""
    window = learned_window(now)
    by_hour: dict[int, list[Count]] = {}
    for count in _latest(series):
        inside = window.start <= count.bucket < window.end
        if inside and count.total > 0 and not _touches(count, apart):
            by_hour.setdefault(hour_of_week(count.bucket), []).append(count)
    return {hour: _baseline(hour, first_counted, now, counts) for hour, counts in sorted(by_hour.items())}


def spread_of(values: Sequence[float], mean: float | None = None) -> Spread:
    """Return where values lie; there is at least one. `mean` takes the place of the plain one."""
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    return Spread(middle, median(distances), fmean(values) if mean is None else mean)


def _latest(series: Iterable[Count]) -> list[Count]:
    latest: dict[datetime, Count] = {}
    for count in series:
        stored = latest.get(count.bucket)
        if stored is None or (count.as_of, count.total, count.bad) > (stored.as_of, stored.total, stored.bad):
            latest[count.bucket] = count
    return [latest[bucket] for bucket in sorted(latest)]


def _touches(count: Count, apart: Sequence[Span]) -> bool:
    return any(span.start < count.bucket + BUCKET and count.bucket < span.end for span in apart)


def _baseline(hour: int, first_counted: datetime | None, at: datetime, counts: Sequence[Count]) -> Baseline:
    known_from = None if first_counted is None else first_counted + LEARNED_FROM
    is_known = known_from is not None and known_from <= hour_of(at)
    learning = (Learning.KNOWN if counts else Learning.QUIET) if is_known else Learning.LEARNING
    if not counts:
        return Baseline(hour, first_counted, known_from, learning)
    bad, total = [count.bad for count in counts], [count.total for count in counts]
    shares = [count.bad / count.total for count in counts]
    return Baseline(
        hour,
        first_counted,
        known_from,
        learning,
        buckets=len(counts),
        bad=spread_of(bad),
        total=spread_of(total),
        share=spread_of(shares, sum(bad) / sum(total)),
    )
