"""Dependencies of `deliver`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.clock import Clock
from shared.configuration.receivers import Receiver
from shared.incidents.incident import Incident, Milestone
from shared.notices.cards.elements import Card
from shared.notices.cards.envelope import Message
from shared.notices.delivery.lane import Lanes
from shared.notices.delivery.post import PostAnswer
from shared.notices.delivery.rate import Rates
from shared.notices.notice import Notice, Outbox


class DeadLetterBox(Protocol):
    """The box of dead letters."""

    def put(self, notice: Notice, reason: str, at: datetime) -> None:
        """Keep a notice that was given up, with its reason; doing so again changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryStores:
    """What a delivery reads and writes."""

    outbox: Outbox
    lanes: Lanes
    rates: Rates
    dead_letters: DeadLetterBox


def _unknown(_notice: Notice) -> None:
    """Know nobody."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Notices of one lane that are sent as one message: the card that tells them, and whether it may be a repeat."""

    notices: Sequence[Notice]
    message: Message
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Dependencies of `deliver`.

    Attributes:
        post: posts a parcel to a receiver, worded as its kind reads it; whatever becomes of it is the answer.
        receiver: returns a receiver by its name, or None where it is configured no more.
        incident: returns an incident as it is stored.
        draw: draws the card of a milestone of an incident for a receiver, by its name.
        claim: returns a mark that no other delivery has.
        successors: returns who is told of a notice instead, whose receiver is configured no more; None where that is
            not known yet.
    """

    stores: DeliveryStores
    post: Callable[[Receiver, Parcel], PostAnswer]
    clock: Clock
    receiver: Callable[[str], Receiver | None]
    incident: Callable[[str], Incident | None]
    draw: Callable[[Incident, Milestone, str], Card]
    claim: Callable[[], str]
    successors: Callable[[Notice], Sequence[str] | None] = _unknown
