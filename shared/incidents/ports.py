"""What the rooms of an incident work with, in three bundles: where signals are asked, what the team decided, and the casework."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import SeverityRules
from shared.context.declared import Declarations
from shared.context.ports import ContextSources
from shared.incidents.store import Alerts, Documents, Incidents, Notifier, Work
from shared.isolation import LoggedTroubles, Troubles
from shared.objectives.learned import LearnedNormals
from shared.playbooks.playbook import Playbook
from shared.queries.logs import Logs
from shared.queries.metrics import Metrics
from shared.redaction import UserIds
from shared.signals.absent import AbsentTables
from shared.signals.counts import Counts
from shared.signals.received import ReceivedEvents
from shared.signals.regions import Regions
from shared.signals.tries import LineTries


class Watermarks(Protocol):
    """Until when the arrivals of each workspace have been looked at."""

    def get(self, workspace: str) -> datetime | None:
        """Return the mark of a workspace, or None before its first look."""
        ...

    def advance(self, workspace: str, to: datetime) -> None:
        """Move a mark forward; never backwards, whoever writes, but from where a clock that was wrong has put it."""
        ...


# Several threads may share what stands in these bundles.


@dataclass(frozen=True, slots=True)
class FirstHand:
    """What we saw ourselves: the events that Web PubSub sent us, and our own tries of a line."""

    events: ReceivedEvents
    tries: LineTries


@dataclass(frozen=True, slots=True)
class Learned:
    """What is learned of resources from what they sent: where they are, and what is normal in their minutes."""

    regions: Regions
    normals: LearnedNormals


@dataclass(frozen=True, slots=True)
class SignalSources:
    """Where signals are asked, and what is kept of their answers.

    Attributes:
        logs_over: returns the logs of a workspace, joined by those of the others.
    """

    logs_over: Callable[[Sequence[str]], Logs]
    metrics: Metrics
    watermarks: Watermarks
    learned: Learned
    counts: Counts
    absent: AbsentTables
    first_hand: FirstHand
    context: ContextSources | None = None  # None where Azure Resource Manager is not asked


@dataclass(frozen=True, slots=True)
class Policy:
    """What the team decided: what is watched, what is promised, how bad a breach is, and what may be shown."""

    resources: Sequence[WatchedResource]
    objectives: Mapping[str, ObjectiveSettings]
    severity: SeverityRules
    playbooks: Mapping[str, Playbook]
    users: UserIds

    def resource(self, resource_id: str) -> WatchedResource | None:
        """Return a watched resource by its id; None where it is watched no more."""
        return next((resource for resource in self.resources if resource.id == resource_id), None)


@dataclass(frozen=True, slots=True)
class Casework:
    """Where incidents are kept, and what is done about them."""

    incidents: Incidents
    documents: Documents
    alerts: Alerts
    work: Work
    notifier: Notifier
    declarations: Declarations = field(
        default_factory=Declarations
    )  # what Microsoft declared; nothing where it is not read
    troubles: Troubles = field(default_factory=LoggedTroubles)
