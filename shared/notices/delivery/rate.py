"""Keep the rate of a receiver: when it was sent something, and when it may be sent the next."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from shared.configuration.receivers import Receiver
from shared.notices.urgency import OF_ALL, reserved_posts
from shared.races import LostRaceError, until_won

SECOND = timedelta(seconds=1)
FIVE_MINUTES = timedelta(minutes=5)
_TRIES = 8  # of a conditional write
# No receiver is left alone for longer, whatever it or another instance's clock says.
LONGEST_SILENCE = timedelta(hours=1)
# So many times the rate is remembered: instances whose clocks differ write in any order.
_REMEMBERED = 4
_AFTER = timedelta(milliseconds=1)  # a moment on the edge of a window is within it


@dataclass(frozen=True, slots=True)
class RateWindow:
    """When one receiver was sent something lately.

    Attributes:
        sent: the moments that were claimed near the last one, oldest first, whoever claimed them.
        closed_until: the receiver itself asked for silence until then.
    """

    sent: tuple[datetime, ...] = ()
    closed_until: datetime | None = None
    etag: str = ""

    def free_at(self, receiver: Receiver, now: datetime, urgency: int = OF_ALL) -> datetime:
        """Return the first moment, from now on, at which the receiver may be sent something of an urgency.

        What lies further ahead than a window is of a clock that is wrong, and closes nothing.
        """
        free = [now]
        for most, window in _rates(receiver, urgency).items():
            near = self._near(now, window)
            if len(near) >= most:
                free.append(min(near[-most], now) + window + _AFTER)
        if self.closed_until is not None and self.closed_until <= now + LONGEST_SILENCE:
            free.append(self.closed_until)
        return max(free)

    def free_posts(self, receiver: Receiver, now: datetime, urgency: int) -> int:
        """Return how many posts of an urgency the receiver may be sent before those of five minutes are used up."""
        if self.closed_until is not None and now < self.closed_until <= now + LONGEST_SILENCE:
            return 0
        lately = len(self._near(now, FIVE_MINUTES))
        return max(0, receiver.per_five_minutes - reserved_posts(urgency, receiver.per_five_minutes) - lately)

    def _near(self, now: datetime, window: timedelta) -> list[datetime]:
        return [moment for moment in self.sent if now - window <= moment <= now + window]

    def with_post(self, receiver: Receiver, now: datetime) -> "RateWindow":
        """Return the window with one more post at this moment."""
        # By nearness and not by age: then instances whose clocks differ still count each other.
        nearest = sorted([*self.sent, now], key=lambda moment: abs(moment - now))
        return replace(self, sent=tuple(sorted(nearest[: _REMEMBERED * max(_rates(receiver))])))

    def closed_until_at_least(self, until: datetime) -> "RateWindow":
        """Return the window closed until then, or for longer where it is already, by a clock that may be right."""
        kept = self.closed_until
        is_longer = kept is not None and until < kept <= until + LONGEST_SILENCE
        return replace(self, closed_until=kept if is_longer else until)


class Rates(Protocol):
    """The rate windows of all receivers, written conditionally so that many instances keep one rate."""

    def get(self, receiver: str) -> RateWindow:
        """Return a receiver's rate window; that of a new one is empty."""
        ...

    def save(self, receiver: str, window: RateWindow) -> None:
        """Store a changed rate window.

        Raises:
            LostRaceError: another instance wrote since it was read.
        """
        ...


def claim_post(rows: Rates, receiver: Receiver, now: datetime, urgency: int = OF_ALL) -> datetime | None:
    """Claim a post now and return None, or return the moment from which on one may be free."""
    try:
        return until_won(partial(_claim_post_once, rows, receiver, now, urgency), tries=_TRIES)
    except LostRaceError:
        return now + SECOND


def pause_receiver(rows: Rates, receiver: Receiver, until: datetime) -> None:
    """Send the receiver nothing until then, from any instance."""
    with suppress(LostRaceError):  # then the others learn it from the receiver as we did
        until_won(partial(_pause_receiver_once, rows, receiver, until), tries=_TRIES)


def _claim_post_once(rows: Rates, receiver: Receiver, now: datetime, urgency: int) -> datetime | None:
    window = rows.get(receiver.name)
    free = window.free_at(receiver, now, urgency)
    if free > now:
        return free
    # Where another instance claimed a post first, there may be more.
    rows.save(receiver.name, window.with_post(receiver, now))
    return None


def _pause_receiver_once(rows: Rates, receiver: Receiver, until: datetime) -> None:
    rows.save(receiver.name, rows.get(receiver.name).closed_until_at_least(until))


def _rates(receiver: Receiver, urgency: int = OF_ALL) -> Mapping[int, timedelta]:
    # Where both are one number, the longer window is the stricter.
    most = receiver.per_five_minutes - reserved_posts(urgency, receiver.per_five_minutes)
    return {receiver.per_second: SECOND} | {most: FIVE_MINUTES}
