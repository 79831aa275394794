"""Read the `timespan` of a request: an ISO 8601 duration, or an interval of times and durations."""

import re
from datetime import UTC, datetime, timedelta

from local.workspace.database import EVER, Timespan

_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def read_timespan(text: str | None, now: datetime) -> Timespan:
    """Return the times that a request is limited to; a duration alone ends now.

    Raises:
        ValueError: the text is not a timespan.
    """
    if not text:
        return EVER
    first, slash, second = text.partition("/")
    if not slash:
        return Timespan(now - _duration(first), now)
    if first.startswith("P"):
        end = _moment(second)
        return Timespan(end - _duration(first), end)
    start = _moment(first)
    return Timespan(start, start + _duration(second) if second.startswith("P") else _moment(second))


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration")
    return timedelta(**{unit: float(count) for unit, count in match.groupdict(default="0").items()})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
