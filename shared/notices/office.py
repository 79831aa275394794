"""What a delivery works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.clock import Clock
from shared.configuration.receivers import Receiver
from shared.incidents.incident import Incident, Speaks
from shared.notices.answer import Post
from shared.notices.card import Card
from shared.notices.notice import Notice, Outbox
from shared.notices.slots import SlotRows
from shared.notices.streams import Streams


class Dead(Protocol):
    """The drawer of dead letters."""

    def bury(self, notice: Notice, reason: str, at: datetime) -> None:
        """Keep a notice that was given up, with its reason; again is no change."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """A delivery's surroundings.

    Attributes:
        receiver: returns a receiver by its name, or None where it is configured no more.
        incident: returns an incident as it is stored.
        draw: draws the card of a state of an incident.
        claim: returns a mark that no other delivery has.
    """

    outbox: Outbox
    streams: Streams
    slots: SlotRows
    dead: Dead
    post: Post
    clock: Clock
    receiver: Callable[[str], Receiver | None]
    incident: Callable[[str], Incident | None]
    draw: Callable[[Incident, Speaks], Card]
    claim: Callable[[], str]
