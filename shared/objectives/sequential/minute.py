"""The events of one minute of one signal, in order of time and each minute once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.signals.counts import Count

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Minute:
    """The events of one minute; a minute that nobody counted has no `Minute`. `total` counts all events, bad ones too."""

    start: datetime
    bad: float
    total: float


def minutes_of(counts: Iterable[Count]) -> Iterator[Minute]:
    """Return the minutes that the counts of one signal hold; a count of a whole bucket holds none."""
    for count in counts:
        for number, (bad, total) in enumerate(count.minutes):
            yield Minute(count.bucket + number * MINUTE, bad, total)


def in_order(minutes: Iterable[Minute], since: datetime, until: datetime) -> list[Minute]:
    """Return the minutes with events that lie whole in [since, until), oldest first.

    Of two counts of one minute the one with more events stays, whatever their order: rows come late, but never go.
    """
    fullest: dict[datetime, Minute] = {}
    for minute in minutes:
        if minute.total <= 0 or minute.start < since or minute.start + MINUTE > until:
            continue
        stored = fullest.get(minute.start)
        if stored is None or (minute.total, minute.bad) > (stored.total, stored.bad):
            fullest[minute.start] = minute
    return [fullest[start] for start in sorted(fullest)]
