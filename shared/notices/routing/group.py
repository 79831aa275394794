"""Which incidents share one card: those of one resource, or three or more of one region, opened within 10 minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.incidents.wording import resource_name

GROUP_SPAN = timedelta(minutes=10)
MOST_MEMBERS = 300  # what a row holds; more begin another group
_REGION_CARD_FROM = 3
REGION, RESOURCE = "region", "resource"


@dataclass(frozen=True, slots=True)
class GroupScope:
    """What the incidents of a group have in common."""

    kind: str  # REGION or RESOURCE
    name: str  # the region, or the ARM id

    def __str__(self) -> str:
        """Return its name for a person."""
        return f"region {self.name}" if self.kind == REGION else resource_name(self.name)


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents that opened within 10 minutes of the first of them, in the order in which they joined."""

    key: str
    scope: GroupScope
    since: datetime  # when its first incident was opened
    members: tuple[str, ...]  # ids of incidents

    def takes(self, opened_at: datetime) -> bool:
        """Tell whether an incident that was opened at a moment belongs to it."""
        return abs(opened_at - self.since) <= GROUP_SPAN and len(self.members) < MOST_MEMBERS


class Groups(Protocol):
    """The groups that are kept."""

    def join(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        """Add an incident to the group of its scope and time, or begin one with it; doing so again changes nothing.

        Raises:
            LostRaceError: other instances wrote the group first, again and again.
        """
        ...

    def get(self, key: str) -> Group | None:
        """Return a group by its key."""
        ...


def scopes(resource: str, region: str | None) -> tuple[GroupScope, ...]:
    """Return what an incident may share with others: its region before its resource, for it says more."""
    by_region = (GroupScope(REGION, region),) if region else ()
    return (*by_region, GroupScope(RESOURCE, resource))


def group_with_card(groups: Sequence[Group], incident: str) -> Group | None:
    """Return the group whose card shows that an incident opened; None where it has a card of its own.

    The first of a resource and the first two of a region have cards of their own, for nobody knows yet what will follow.
    """
    for group in groups:
        place = group.members.index(incident) + 1 if incident in group.members else 1
        if place >= (_REGION_CARD_FROM if group.scope.kind == REGION else 2):
            return group
    return None
