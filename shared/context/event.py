"""A Service Health event: what Microsoft declared about a service in some regions."""

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
class ServiceHealthEvent:
    """One event of Azure Service Health; names of services and regions are Microsoft's own."""

    tracking_id: str  # such as "VN1K-9W8"
    kind: DeclaredKind
    title: str
    services: tuple[str, ...]  # such as "Azure Web PubSub"
    regions: tuple[str, ...]  # such as "westeurope"; empty where the event names none
    start: datetime | None
    end: datetime | None = None  # None while it goes on
    is_active: bool = True
    link: str = ""  # to the portal's page about it
    # Tracked resources that are affected, ids in lower case. Azure names them for some types only: that a resource is
    # not listed proves nothing.
    impacted: tuple[str, ...] = ()
