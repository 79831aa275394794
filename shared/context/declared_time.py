"""Read the times of Service Health events, which come as ISO texts, as ticks, or as milliseconds."""

from datetime import UTC, datetime, timedelta

_TICKS_BEGIN = datetime(1, 1, 1, tzinfo=UTC)
_MILLISECONDS_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
# No time of an event lies before: zero, and the first moments of both calendars, mean that there is none.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Ticks of the year 2000 are 6e17; as milliseconds they lie beyond every calendar.
_LEAST_TICKS = 10**17


def declared_time(value: object) -> datetime | None:
    """Return the moment in UTC, or None where the value is none."""
    moment = _read(value)
    return moment if moment is not None and moment >= _EARLIEST else None


def _read(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _counted(int(value))
    text = value.strip() if isinstance(value, str) else ""
    if text.isascii() and text.isdigit():
        return _counted(int(text))
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _counted(count: int) -> datetime | None:
    """Read .NET's ticks of 100 nanoseconds since the year 1, or milliseconds since 1970."""
    try:
        if count >= _LEAST_TICKS:
            return _TICKS_BEGIN + timedelta(microseconds=count // 10)
        return _MILLISECONDS_BEGIN + timedelta(milliseconds=count)
    except OverflowError:
        return None
