"""A lane: the ordered notices about one thing to one receiver, sent by one instance at a time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.notices.urgency import UNKNOWN

# A post takes at most some twenty seconds. A claim that lasts longer was left by an instance that fell over.
CLAIM = timedelta(minutes=2)
ASKED_AGAIN = timedelta(minutes=2)  # after this, a message of the queue is taken for lost
# A lane that is due later than this, or claimed for longer, was written by a clock that is wrong.
LATEST = timedelta(minutes=65)
_LONGEST_CLAIM = timedelta(minutes=7)
_FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that has notices to deliver; one that has none is not kept.

    Attributes:
        since: when it was made; lanes of one urgency that wait for their receiver's rate go in this order.
        due_at: nothing of it is sent before.
        asked_at: when a message of the queue last named it, since it became due.
        attempts: how often its first undelivered notice was posted in vain.
        claim: the mark of the instance that works on it, until `claimed_until`.
        sending: the row of the notice that a post was begun for whose answer is not known.
        urgency: of its latest notice; the lower, the sooner it is served.
        withdrawn: why its only notice is not sent any more, in a sentence; empty where it is.
    """

    key: str
    receiver: str
    since: datetime
    due_at: datetime
    asked_at: datetime | None = None
    attempts: int = 0
    claim: str = ""
    claimed_until: datetime | None = None
    sending: str = ""
    urgency: int = UNKNOWN  # of rows of earlier versions
    withdrawn: str = ""
    etag: str = ""

    @property
    def place(self) -> tuple[int, datetime, str]:
        """Its place among the lanes that are due."""
        return self.urgency, self.since, self.key

    def is_claimed(self, now: datetime) -> bool:
        """Tell whether an instance works on it."""
        return self.claimed_until is not None and now < self.claimed_until <= now + _LONGEST_CLAIM

    def is_due(self, now: datetime) -> bool:
        """Tell whether it may be sent now."""
        return not now < self.due_at <= now + LATEST

    def wants_asking(self, now: datetime) -> bool:
        """Tell whether it is due and nobody was asked, or the message that asked is lost."""
        recently = self.asked_at is not None and abs(now - self.asked_at) < ASKED_AGAIN
        return self.is_due(now) and not recently and not self.is_claimed(now)

    def claimed_by(self, claim: str, now: datetime) -> "Lane":
        """Return it as an instance claims it."""
        return replace(self, claim=claim, claimed_until=now + CLAIM)

    def with_post_begun(self, row: str, now: datetime) -> "Lane":
        """Return it with a post of this notice begun; the claim lasts from now."""
        return replace(self, sending=row, claimed_until=now + CLAIM)

    def released_until(self, due_at: datetime) -> "Lane":
        """Return it released, to be asked for when it is due."""
        return replace(self, due_at=due_at, asked_at=None, claim="", claimed_until=None)

    def released_after_failure(self, now: datetime, floor: datetime | None) -> "Lane":
        """Return it released after a post in vain, with a pause that doubles each time.

        A receiver that says how long to wait is well and only busy: then the pause is that, or the shortest.
        """
        tried = replace(self, attempts=self.attempts + 1)
        if floor is None:
            return tried.released_until(now + pause_after(self.key, tried.attempts))
        return tried.released_until(max(floor, now + pause_after(self.key, 1)))

    def released_for_next(self, now: datetime) -> "Lane":
        """Return it released for its next notice, which is asked for at once."""
        return replace(self.released_until(now), attempts=0, sending="", asked_at=now)


class Lanes(Protocol):
    """The lanes that have notices to be delivered."""

    def get(self, key: str) -> Lane | None:
        """Return a lane, or None where nothing of it is to be delivered."""
        ...

    def touch(
        self,
        key: str,
        receiver: str,
        now: datetime,
        *,
        urgency: int = UNKNOWN,
        after: timedelta = timedelta(0),
    ) -> None:
        """Note that a notice was added: make the lane where there is none, and let whoever works on it notice.

        A new lane is due `after` that. The urgency of a lane is that of its latest notice.

        Raises:
            LostRaceError: other instances made and removed the lane, again and again.
        """
        ...

    def save(self, lane: Lane) -> Lane:
        """Store a changed lane and return it as it now is.

        Raises:
            LostRaceError: it was changed, or removed, since it was read.
        """
        ...

    def remove(self, lane: Lane) -> None:
        """Forget a lane whose notices are all delivered.

        Raises:
            LostRaceError: it was changed since it was read, as by a new notice.
        """
        ...

    def due(self, now: datetime) -> Sequence[Lane]:
        """Return the lanes that may be sent by now: the urgent ones first, of one urgency the oldest."""
        ...


def pause_after(key: str, attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: doubling, and spread so that lanes do not come together."""
    doubled: int = 2 ** min(max(attempts, 1) - 1, 10)
    whole = min(LONGEST_PAUSE, _FIRST_PAUSE * doubled)
    spread = hashlib.sha256(f"{key} {attempts}".encode()).digest()[0] / 255
    return whole * (0.75 + 0.25 * spread)
