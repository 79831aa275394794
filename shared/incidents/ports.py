"""What the watch works with: the watched resources, where their signals are asked, and where incidents are kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident
from shared.incidents.store import Alerts, Documents, Incidents, Notifier, Work
from shared.playbooks.playbook import Playbook
from shared.queries.logs import Logs
from shared.queries.metrics import Metrics
from shared.redaction import UserIds
from shared.signals.absent import AbsentTables
from shared.signals.counts import Counts
from shared.signals.regions import Regions


class Watermarks(Protocol):
    """Until when the arrivals of each workspace have been looked at."""

    def get(self, workspace: str) -> datetime | None:
        """Return the mark of a workspace, or None before its first look."""
        ...

    def advance(self, workspace: str, to: datetime) -> None:
        """Move a mark forward; never backwards, whoever writes."""
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """The watch's surroundings; everything in here may be shared by several threads."""

    resources: Sequence[WatchedResource]
    logs_over: Callable[[Sequence[str]], Logs]  # the first workspace, joined by the others
    metrics: Metrics
    watermarks: Watermarks
    regions: Regions
    counts: Counts
    objectives: Mapping[str, ObjectiveSettings]
    severity: SeverityRules
    playbooks: Mapping[str, Playbook]
    incidents: Incidents
    documents: Documents
    alerts: Alerts
    work: Work
    notifier: Notifier
    users: UserIds
    absent: AbsentTables = field(default_factory=AbsentTables)
    steps: Callable[[Incident], int] = lambda _: 0  # how many receivers may be next where nobody acknowledges

    def resource(self, wanted: str) -> WatchedResource | None:
        """Return a watched resource by its id; None where it is watched no more."""
        return next((one for one in self.resources if one.id == wanted), None)
