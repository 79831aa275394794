"""A card that shows several incidents: a group's, or the digest of what a silence held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class SharedCardKind(StrEnum):
    """What brings the incidents together."""

    GROUP = "group"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class SharedCard:
    """One card for one receiver that is still to be drawn, or may be drawn again.

    Attributes:
        key: of the group, or of the occurrence of a silence.
        about: what the incidents have in common, or the reason of the silence.
        until: when a silence ends.
        incident: the only incident that the silence fits, if it was made from a card.
        members_shown: how many members it last showed.
    """

    kind: SharedCardKind
    key: str
    receiver: str
    about: str
    since: datetime
    until: datetime
    incident: str | None = None
    members_shown: int = 0
    drawn_at: datetime | None = None
    etag: str = ""

    @property
    def name(self) -> str:
        """Return its name among all shared cards."""
        return f"{self.kind} {self.key} {self.receiver}"


@dataclass(frozen=True, slots=True)
class HeldMilestone:
    """One milestone of an incident that a silence held back."""

    incident: str
    revision: int
    milestone: str
    at: datetime


class SharedCards(Protocol):
    """The shared cards that are open, and what digests will show."""

    def open(self, card: SharedCard) -> SharedCard:
        """Keep a card and return it; one that is open stays as it is, but changes its etag.

        Raises:
            LostRaceError: other instances opened and closed it, again and again.
        """
        ...

    def hold(self, card: SharedCard, held: HeldMilestone) -> None:
        """Note a milestone for a digest, then open its card; doing so again changes nothing.

        Raises:
            LostRaceError: other instances opened and closed the card, again and again.
        """
        ...

    def held_milestones(self, card: SharedCard) -> Sequence[HeldMilestone]:
        """Return the milestones that a digest will show, oldest first."""
        ...

    def open_ones(self) -> Sequence[SharedCard]:
        """Return every card that is open, oldest first."""
        ...

    def save(self, card: SharedCard) -> None:
        """Store a changed card.

        Raises:
            LostRaceError: it was changed or closed since it was read.
        """
        ...

    def close(self, card: SharedCard, shown_milestones: Sequence[HeldMilestone] = ()) -> None:
        """Forget a card, and the milestones that it showed; what was held meanwhile opens it again.

        Raises:
            LostRaceError: it was changed since it was read.
        """
        ...
