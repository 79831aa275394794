"""When a silence holds, and what it fits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.configuration.match import Match, Subject
from shared.configuration.silences import Silence, Weekly
from shared.incidents.lifecycle.timeline import short

DEFAULT_LENGTH = timedelta(hours=4)  # a silence that was made from a card
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Silences(Protocol):
    """The silences of the file, and those that people made from a card."""

    def active(self, now: datetime) -> tuple[Silence, ...]:
        """Return every silence that holds at a moment."""
        ...

    def made(self, now: datetime) -> tuple[Silence, ...]:
        """Return those that people made from a card or a notice and that are not over, by their ends."""
        ...

    def get(self, silence: str) -> Silence | None:
        """Return the silence that a person made under this id, or None."""
        ...

    def add(self, silence: Silence) -> None:
        """Keep a silence; one that is kept already stays as it is."""
        ...

    def put(self, silence: Silence) -> None:
        """Keep a silence in the place of the one of its id."""
        ...


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a silence holds, its end excluded."""

    silence: Silence
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Return its key; each night of a weekly silence has a key of its own."""
        return f"{self.silence.id}~{self.start:%Y%m%dT%H%M%SZ}"


def card_silence(
    incident: str, by: str, now: datetime, *, reason: str, length: timedelta = DEFAULT_LENGTH, link: str = ""
) -> Silence:
    """Return the silence that a person makes from the card of an incident; `link` tells the links of its cards apart."""
    return Silence(
        # Of the link and not of the clock: pressed twice, on instances whose clocks differ, it is one.
        id=f"card-{incident}-{link or format(now, '%Y%m%dT%H%M%SZ')}",
        reason=short(reason, 200),
        start=now,
        end=now + length,
        incident=incident,
        by=short(by, 100),
    )


def maintenance_silence(
    tracking_id: str, resources: Sequence[str], by: str, *, start: datetime, end: datetime
) -> Silence:
    """Return the silence that a person makes from the notice of a planned maintenance."""
    return Silence(
        id=f"maintenance-{tracking_id.lower()}-{start:%Y%m%dT%H%M%SZ}",
        reason=f"planned maintenance {tracking_id} of Microsoft",
        match=Match(resource=tuple(resources)),
        start=start,
        end=end,
        by=short(by, 100),
    )


def current_occurrences(silences: Iterable[Silence], now: datetime) -> Iterator[Occurrence]:
    """Yield the silences that hold at a moment."""
    for silence in silences:
        if (current := occurrence(silence, now)) is not None:
            yield current


def occurrence(silence: Silence, now: datetime) -> Occurrence | None:
    """Return the time at which a silence holds now, or None."""
    if silence.weekly is None:
        spans = [(silence.start, silence.end)] if silence.start and silence.end else []
    else:
        spans = list(_nights(silence.weekly, now))
    for start, end in spans:
        if start <= now < end:
            return Occurrence(silence, start, end)
    return None


def longest_over(
    silences: Iterable[Occurrence], subject: Subject, incident: str = "", ended_at: datetime | None = None
) -> Occurrence | None:
    """Return the silence over a subject that holds longest, or None; `ended_at` is when its incident last ended."""
    fitting = [silence for silence in silences if _fits(silence, subject, incident, ended_at)]
    return max(fitting, key=lambda silence: (silence.end, silence.silence.id), default=None)


def _fits(silence: Occurrence, subject: Subject, incident: str, ended_at: datetime | None) -> bool:
    if silence.silence.incident is None:
        return silence.silence.match.fits(subject)
    return silence.silence.incident == incident and (ended_at is None or ended_at < silence.start)


def _nights(weekly: Weekly, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of a weekly silence that may hold now: that of today, and that of yesterday."""
    zone = ZoneInfo(weekly.zone)
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today):
        if day.weekday() in weekly.days:
            last = day if weekly.end > weekly.start else day + _DAY
            yield _first(day, weekly.start, zone), _first(last, weekly.end, zone)


def _first(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first moment at which a zone's clocks show a time of a day, or have jumped over it."""
    local = datetime.combine(day, at)
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    # A time that the clocks jump over comes out as far after the jump as it would have been; go back to the jump.
    while (moment - _MINUTE).astimezone(zone).replace(tzinfo=None) >= local:
        moment -= _MINUTE
    return moment
