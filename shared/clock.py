"""The only place that asks what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

# Of what is stored, nothing of ours lies farther ahead.
_FARTHEST = timedelta(days=1)


class Clock(Protocol):
    """Tells the time; tests and replays pass their own."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, ending in Z, with fractions only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_astray(moment: datetime, now: datetime) -> bool:
    """Tell whether a stored moment was written by a clock that was wrong: it lies more than a day ahead."""
    return moment - now > _FARTHEST
