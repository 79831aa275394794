"""One notice: a message to one receiver about one milestone of one thing."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from shared.incidents.incident import Incident, Notification
from shared.notices.urgency import UNKNOWN, announcement_urgency, incident_urgency


class Fate(StrEnum):
    """What became of a notice."""

    PENDING = "pending"
    DELIVERED = "delivered"
    MERGED = "merged"  # a later card shows its milestone too
    SUPPRESSED = "suppressed"  # it was decided not to notify this receiver
    DEAD = "dead"  # refused for good; a dead letter


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; in its lane it comes after those whose rows sort before its own.

    Attributes:
        document: the name of the blob of its message.
        incident: the incident's id, or empty where it is about none.
        reason: why its receiver is notified or not, or why it was refused, in a sentence.
        settled_at: when it stopped being pending.
        urgency: the lower, the sooner it is served.
    """

    lane: str
    row: str
    receiver: str
    document: str
    at: datetime
    incident: str = ""
    revision: int = 0
    milestone: str = ""
    fate: Fate = Fate.PENDING
    reason: str = ""
    settled_at: datetime | None = None
    urgency: int = UNKNOWN

    @property
    def key(self) -> str:
        """Return its key among all notices."""
        return f"{self.lane}/{self.row}"

    @classmethod
    def about(
        cls, subject: str, receiver: str, milestone: str, at: datetime, severity: int | None = None
    ) -> "Notice":
        """Return a new notice about something other than an incident; its key is the same for every instance that makes it."""
        lane, urgency = lane_key(subject, receiver), announcement_urgency(severity)
        return cls._create(lane, 1, milestone, receiver=receiver, at=at, urgency=urgency)

    @classmethod
    def of_milestone(
        cls, incident: Incident, notification: Notification, receiver: str, at: datetime
    ) -> "Notice":
        """Return a new notice of a milestone; its key is the same for every instance that makes it."""
        lane = lane_key(incident.id, receiver)
        return cls._create(
            lane,
            notification.revision,
            notification.milestone,
            receiver=receiver,
            at=at,
            incident=incident.id,
            urgency=incident_urgency(incident.severity),
        )

    @classmethod
    def _create(cls, lane: str, revision: int, milestone: str, **fields: Any) -> "Notice":
        row = f"{revision:06d}~{milestone.replace(' ', '-')}"
        return cls(
            lane, row, document=f"notices/{lane}/{row}.json", revision=revision, milestone=milestone, **fields
        )

    def withdrawn(self, reason: str, now: datetime) -> "Notice":
        """Return it as it is where it is not sent any more."""
        return replace(self, fate=Fate.SUPPRESSED, reason=reason, settled_at=now)

    def to(self, receiver: str) -> "Notice":
        """Return the same notice for another receiver; it takes its place in the lane of that receiver."""
        lane = f"{self.lane.partition('~')[0]}~{receiver}"
        return replace(
            self,
            lane=lane,
            receiver=receiver,
            document=f"notices/{lane}/{self.row}.json",
            fate=Fate.PENDING,
            reason="",
            settled_at=None,
        )


def lane_key(subject: str, receiver: str) -> str:
    """Return the key of all notices about one thing to one receiver."""
    return f"{hashlib.sha256(subject.encode()).hexdigest()[:16]}~{receiver}"


class Outbox(Protocol):
    """The notices that were written. Every call is safe to repeat."""

    def get(self, key: str) -> Notice | None:
        """Return a notice, or None where there is none of this key."""
        ...

    def of(self, lane: str) -> Sequence[Notice]:
        """Return every notice of a lane, whatever became of it, in order."""
        ...

    def waiting(self, before: datetime) -> Sequence[Notice]:
        """Return every notice, of whatever lane, that was written before a moment and is still to be delivered."""
        ...

    def text(self, notice: Notice) -> str | None:
        """Return the message of a notice, JSON as it is to be posted; None where its document is gone."""
        ...

    def add(self, notice: Notice, text: str) -> None:
        """Keep a notice and its message, the message first; one that is kept already stays as it is."""
        ...

    def settle(self, notices: Sequence[Notice]) -> None:
        """Store the fate of notices of one lane, of all at once or of none."""
        ...

    def ask(self, notice: Notice, now: datetime, after: timedelta = timedelta(0)) -> None:
        """Open the lane of a pending notice, then ask for its delivery; at least once. It is not sent before `after`."""
        ...

    def withdraw(self, notice: Notice, reason: str, now: datetime) -> None:
        """Let the only notice of a lane rest, unless it was sent or is being sent."""
        ...

    def ask_again(self, notice: Notice, now: datetime) -> None:
        """Ask for a pending notice whose lane nobody has opened; one that is open is asked for by itself."""
        ...

    def wake(self, lane: str) -> None:
        """Ask for the delivery of a lane that is open; at least once."""
        ...


def pending_in(outbox: Outbox, lane: str) -> list[Notice]:
    """Return the notices of a lane that are still to be delivered, in order."""
    return [notice for notice in outbox.of(lane) if notice.fate is Fate.PENDING]


def write(
    outbox: Outbox,
    notice: Notice,
    draw: Callable[[], Mapping[str, Any]],
    now: datetime,
    after: timedelta = timedelta(0),
) -> None:
    """Keep a notice with its message, and ask for its delivery where it is pending; safe to repeat."""
    stored = outbox.get(notice.key)
    if stored is None:
        outbox.add(notice, json.dumps(draw(), ensure_ascii=False))
        if notice.fate is Fate.PENDING:
            outbox.ask(notice, now, after)
    elif stored.fate is Fate.PENDING:
        # We may have fallen over between its row and its lane.
        outbox.ask_again(stored, now)
