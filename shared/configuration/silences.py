"""What must not be told for a time: quiet hours, maintenance, and what somebody silenced from a card."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.configuration.files.declare import FileEntry, any_case
from shared.configuration.files.explain import explained
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.match import Match, MatchEntry, match_of
from shared.errors import InputError

FILE = "silences.yaml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WINDOWS = {  # how a silence may say when it holds
    "oneOf": [
        {"required": ["start", "end"], "not": {"required": ["weekly"]}},
        {"required": ["weekly"], "not": {"anyOf": [{"required": ["start"]}, {"required": ["end"]}]}},
    ]
}

Reason = Annotated[str, Meta(pattern=r"\S", max_length=200, description="why nobody needs to hear of it")]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d\S*[T ]\d\S*(Z|[+-]\d\d(:?\d\d)*)$",
        description="a moment with its offset from UTC, such as 2026-11-12T02:00:00Z",
    ),
]
Day = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(map(any_case, DAYS))})$", title="a day", description=f"one of {', '.join(DAYS)}"
    ),
]
TimeOfDay = Annotated[
    str, Meta(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$", description="a time of day such as 22:00")
]
Zone = Annotated[
    str,
    Meta(
        pattern=r"\S",
        title="a time zone",
        description="a zone of the IANA database such as Europe/Berlin or UTC",
    ),
]


class WeeklyEntry(FileEntry, frozen=True):
    """A time of some days of every week; it ends on the next day where `to` is not later than `from`."""

    noun: ClassVar[str] = "'weekly'"

    days: Annotated[tuple[Day, ...], Meta(min_length=1, description=f"some of {', '.join(DAYS)}")]
    from_: TimeOfDay = msgspec.field(name="from")
    to: TimeOfDay
    zone: Zone


class SilenceEntry(FileEntry, frozen=True):
    """What is silenced, why, and when: from `start` to `end`, or every week."""

    noun: ClassVar[str] = "the silence"

    reason: Reason
    match: Annotated[
        MatchEntry, Meta(description="one matcher or more", extra_json_schema={"minProperties": 1})
    ]
    start: Moment | UnsetType = UNSET
    end: Moment | UnsetType = UNSET
    weekly: WeeklyEntry | UnsetType = UNSET


class SilencesFile(FileEntry, frozen=True):
    """What nobody needs to hear of for a time."""

    silences: tuple[Annotated[SilenceEntry, Meta(extra_json_schema=_WINDOWS)], ...] | None = None


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time of some days of every week, on the clocks of a zone; it ends on the next day where `to` is not later."""

    days: tuple[int, ...]  # 0 is Monday; the days on which it begins
    start: time
    end: time
    zone: str  # of the IANA database


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence: what it fits, why, and when: from `start` to `end`, or every week.

    `incident` is the only incident that it fits, for one that was made from a card; it ends when the incident does.
    """

    id: str
    reason: str
    match: Match = field(default_factory=Match)
    start: datetime | None = None
    end: datetime | None = None
    weekly: Weekly | None = None
    incident: str | None = None
    by: str = ""  # the person who made it


def usable_silences(folder: Folder) -> tuple[tuple[Silence, ...], tuple[InputError, ...]]:
    """Return the silences that are right, and what is wrong with the rest: a wrong silence silences nothing."""
    values, problems = sections(folder / FILE, SilencesFile)
    silences = {silence.id: silence for silence in usable(values.get("silences"), silence_of, problems)}
    return tuple(silences.values()), ordered(problems)


def silence_of(item: Value) -> Silence:
    """Return the silence of an entry.

    Raises:
        InputError: the entry is wrong.
    """
    entry = converted(item, SilenceEntry)
    match = match_of(entry.match)
    if match == Match():
        raise item.at("match").refusal("the silence fits everything", "one matcher or more")
    weekly = None if isinstance(entry.weekly, UnsetType) else _weekly(item.at("weekly"), entry.weekly)
    start = None if entry.start is UNSET else _moment(item.at("start"))
    end = None if entry.end is UNSET else _moment(item.at("end"))
    if (weekly is None) != (start is not None and end is not None) or (weekly and (start or end)):
        raise item.refusal("the silence does not say when it holds", "`start` and `end`, or `weekly`")
    if start and end and end <= start:
        raise item.at("end").refusal("'end' is not after 'start'", "a later moment")
    # The id is stored with what the silence held back, so it must not change while the silence does not.
    content = repr((entry.reason, match, start, end, weekly)).encode()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Silence(f"file-{digest}", entry.reason, match, start, end, weekly)


def _moment(value: Value) -> datetime:
    try:
        return datetime.fromisoformat(value.plain()).astimezone(UTC)
    except (ValueError, OverflowError):  # the first hour of year 1, in UTC
        raise explained(value, Moment) from None


def _weekly(value: Value, entry: WeeklyEntry) -> Weekly:
    try:
        ZoneInfo(entry.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise explained(value.at("zone"), Zone) from None
    days = sorted({DAYS.index(day.lower()) for day in entry.days})
    return Weekly(tuple(days), _time(entry.from_), _time(entry.to), entry.zone)


def _time(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    return time(hour % 24, minute)
