"""What must not be told for a time: quiet hours, maintenance, and what somebody silenced from a card."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.configuration.match import Match, read_match
from shared.configuration.read import Value, sections
from shared.errors import InputError

FILE = "silences.yaml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_KEYS = ("reason", "match", "start", "end", "weekly")
_WEEKLY_KEYS = ("days", "from", "to", "zone")
_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)")
_MOST_REASON = 200


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


def load_silences(folder: Path) -> tuple[Silence, ...]:
    """Return the silences of the file; none without a file.

    Raises:
        InputError: the first problem of the file.
    """
    silences, problems = usable_silences(folder)
    if problems:
        raise problems[0]
    return silences


def usable_silences(folder: Path) -> tuple[tuple[Silence, ...], tuple[InputError, ...]]:
    """Return the silences that are right, and what is wrong with the rest: a wrong silence silences nothing."""
    problems: list[InputError] = []
    kept: dict[str, Silence] = {}
    try:
        section = sections(folder / FILE, ("silences",)).get("silences")
        items = section.items() if section is not None and not section.is_empty else ()
    except InputError as error:
        return (), (error,)
    for item in items:
        try:
            silence = _silence(item)
        except InputError as error:
            problems.append(error)
        else:
            kept[silence.id] = silence
    return tuple(kept.values()), tuple(problems)


def _silence(item: Value) -> Silence:
    found = item.mapping(_KEYS)
    if "reason" not in found:
        raise item.refusal("the silence has no 'reason'", "reason: why nobody needs to hear of it")
    match = read_match(found["match"]) if "match" in found else Match()
    if match == Match():
        raise item.refusal("the silence fits everything", "match: with one matcher or more")
    reason = found["reason"].text()
    if len(reason) > _MOST_REASON:
        raise found["reason"].refusal(f"'reason' has {len(reason)} letters", f"at most {_MOST_REASON}")
    weekly = _weekly(found["weekly"]) if "weekly" in found else None
    start = found["start"].moment() if "start" in found else None
    end = found["end"].moment() if "end" in found else None
    if (weekly is None) != (start is not None and end is not None) or (weekly and (start or end)):
        raise item.refusal("the silence does not say when it holds", "`start` and `end`, or `weekly`")
    if start and end and end <= start:
        raise found["end"].refusal("'end' is not after 'start'", "a later moment")
    named = hashlib.sha256(repr((reason, match, start, end, weekly)).encode()).hexdigest()[:16]
    return Silence(f"file-{named}", reason, match, start, end, weekly)


def _weekly(value: Value) -> Weekly:
    found = value.mapping(_WEEKLY_KEYS)
    for key in _WEEKLY_KEYS:
        if key not in found:
            example = "{days: [mon, tue], from: 22:00, to: 06:00, zone: Europe/Berlin}"
            raise value.refusal(f"'weekly' has no {key!r}", example)
    days = sorted({_day(one) for one in found["days"].items()})
    if not days:
        raise found["days"].refusal("'days' is an empty list", f"some of {', '.join(DAYS)}")
    return Weekly(tuple(days), _time(found["from"]), _time(found["to"]), _zone(found["zone"]))


def _day(value: Value) -> int:
    if (found := value.text().lower()) not in DAYS:
        raise value.refusal(f"{found!r} is no day", f"one of {', '.join(DAYS)}")
    return DAYS.index(found)


def _time(value: Value) -> time:
    found = (
        value.key()
    )  # YAML takes an unquoted 22:00 for a number of base 60; as it was written, it is a time
    if found == "24:00":
        return time(0)
    if not (match := _TIME.fullmatch(found)):
        raise value.refusal(f"{value.name!r} is {found!r}", "a time of day such as 22:00")
    return time(int(match["hour"]), int(match["minute"]))


def _zone(value: Value) -> str:
    found = value.text()
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        expected = "a zone of the IANA database such as Europe/Berlin or UTC"
        raise value.refusal(f"{found!r} is no time zone", expected) from None
    return found
