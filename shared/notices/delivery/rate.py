"""Keep the rate of one receiver: which moments were used, and when the next is free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.configuration.receivers import Receiver
from shared.incidents.store import LostRaceError

SECOND = timedelta(seconds=1)
FIVE_MINUTES = timedelta(minutes=5)
_TRIES = 8  # of a conditional write
_AFTER = timedelta(milliseconds=1)  # a moment on the edge of a window is within it


@dataclass(frozen=True, slots=True)
class RateWindow:
    """What one receiver was sent lately.

    Attributes:
        sent: the newest moments that were claimed, oldest first, whoever claimed them.
        closed_until: the receiver itself asked for silence until then.
    """

    sent: tuple[datetime, ...] = ()
    closed_until: datetime | None = None
    etag: str = ""

    def free_at(self, receiver: Receiver, now: datetime) -> datetime:
        """Return the first moment, from now on, at which the receiver may be sent something."""
        free = [now]
        for most, window in _rates(receiver).items():
            if len(self.sent) >= most and self.sent[-most] >= now - window:
                free.append(self.sent[-most] + window + _AFTER)
        if self.closed_until is not None:
            free.append(self.closed_until)
        return max(free)

    def used(self, receiver: Receiver, now: datetime) -> "RateWindow":
        """Return the slots with one more moment used."""
        # By number and not by age: then instances whose clocks differ still count each other.
        newest = sorted([*self.sent, now])[-max(_rates(receiver)) :]
        return replace(self, sent=tuple(newest))

    def closed(self, until: datetime) -> "RateWindow":
        """Return the slots closed until then, or for longer where they are already."""
        return replace(self, closed_until=max(until, self.closed_until or until))


class Rates(Protocol):
    """The slots of every receiver, written conditionally so that many instances keep one rate."""

    def get(self, receiver: str) -> RateWindow:
        """Return a receiver's slots; those of a new one are empty."""
        ...

    def save(self, receiver: str, window: RateWindow) -> None:
        """Store changed slots.

        Raises:
            LostRaceError: another instance wrote since they were read.
        """
        ...


def claim(rows: Rates, receiver: Receiver, now: datetime) -> datetime | None:
    """Use a slot now and return None, or return the moment from which on one may be free."""
    for _ in range(_TRIES):
        window = rows.get(receiver.name)
        free = window.free_at(receiver, now)
        if free > now:
            return free
        try:
            rows.save(receiver.name, window.used(receiver, now))
        except LostRaceError:
            continue  # another instance claimed a slot; there may be more
        return None
    return now + SECOND


def pause_receiver(rows: Rates, receiver: Receiver, until: datetime) -> None:
    """Send the receiver nothing until then, from any instance."""
    for _ in range(_TRIES):
        window = rows.get(receiver.name)
        try:
            return rows.save(receiver.name, window.closed(until))
        except LostRaceError:
            continue  # and where that goes on, the others learn it from the receiver as we did
    return None


def _rates(receiver: Receiver) -> Mapping[int, timedelta]:
    # Where both are one number, the longer window is the stricter.
    return {receiver.per_second: SECOND} | {receiver.per_five_minutes: FIVE_MINUTES}
