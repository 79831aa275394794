"""A Service Health event: what Microsoft declared about services in regions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeclaredKind(StrEnum):
    """What is declared."""

    ISSUE = "issue"  # `ServiceIssue`: an incident of the platform
    PLANNED = "planned"  # `PlannedMaintenance`
    ADVISORY = "advisory"  # `HealthAdvisory`
    SECURITY = "security"  # `SecurityAdvisory`


@dataclass(frozen=True, slots=True)
class Impact:
    """One service in one region that an event is about; both names are Microsoft's own."""

    service: str  # such as "Azure Web PubSub"
    region: str  # such as "West Europe" or "Global"; empty where the event names none
    ended: datetime | None = None  # when it was over there, though the event may go on elsewhere


@dataclass(frozen=True, slots=True)
class ServiceHealthEvent:
    """One event of Azure Service Health."""

    tracking_id: str  # such as "VN1K-9W8"
    kind: DeclaredKind
    title: str  # Microsoft's own words, redacted and cut
    impacts: tuple[Impact, ...]  # never every service in every region: they are named in pairs
    start: datetime | None
    end: datetime | None = None  # None while it goes on; of a planned maintenance its planned end
    is_active: bool = True
    link: str = ""  # to the portal's page about it
    # Tracked resources that are affected, ids in lower case. Azure names them for some types only: that a resource is
    # not listed proves nothing.
    impacted: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The services, each once."""
        return _each_once(impact.service for impact in self.impacts)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions, each once."""
        return _each_once(impact.region for impact in self.impacts if impact.region)

    @property
    def name(self) -> str:
        """The event in a few words, with its tracking id."""
        places = ", ".join(self.regions[:3]) or "all regions"
        return f"{self.tracking_id} ({', '.join(self.services[:2])}, {places})"


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
