"""The ports to Azure Resource Manager: Resource Graph, resources as raw JSON, and resource health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from shared.errors import LinekeeperError

RawJson = Mapping[
    str, Any
]  # as Azure Resource Manager answered it; nothing is dropped and nothing is renamed


class Absence(StrEnum):
    """Why a source of context did not answer."""

    NOT_CONNECTED = "not connected"
    FORBIDDEN = "missing permission"
    NOT_FOUND = "not found"
    THROTTLED = "throttled"
    REFUSED = "refused as wrong"
    OUT_OF_TIME = "out of time"
    UNREACHABLE = "not reachable"
    BROKEN = "failing"
    UNREADABLE = "not readable"


class SourceUnavailableError(LinekeeperError):
    """A source of context that did not answer; it ends nothing, and is said once.

    Attributes:
        absence: why.
        reason: why, as a sentence without its full stop; it holds no secret.
        role: the built-in role that would mend it, None where no role would.
    """

    def __init__(
        self, reason: str, role: str | None = None, *, absence: Absence = Absence.UNREACHABLE
    ) -> None:
        super().__init__(reason, permanent=absence in _PERMANENT)
        self.absence = absence
        self.reason = reason
        self.role = role

    @property
    def sentence(self) -> str:
        """The reason, and what would mend it."""
        return f"{self.reason}; the role {self.role} would mend it" if self.role else self.reason


_PERMANENT = frozenset({Absence.NOT_CONNECTED, Absence.FORBIDDEN, Absence.NOT_FOUND, Absence.REFUSED})


class ResourceGraph(Protocol):
    """Azure Resource Graph: what Azure Resource Manager knows about many resources, minutes old."""

    def query(self, kql: str, subscriptions: Sequence[str], within: timedelta) -> tuple[RawJson, ...]:
        """Return every row, over all pages.

        The text has no `let`, its values are inlined (`shared.context.graph_text`), and it uses the operators that are
        documented for Resource Graph only. No subscriptions means all that the identity can read. A subscription
        that cannot be read gives no rows and no error: that is how the service answers. Safe to call from several
        threads. Never takes much longer than `within`, retries and pages included.

        Raises:
            SourceUnavailableError: it did not answer in full.
        """
        ...


class ResourceReader(Protocol):
    """Azure Resource Manager, which is only read here."""

    def get(self, resource: str, api_version: str, within: timedelta) -> RawJson:
        """Return the raw JSON of the resource with this ARM id.

        Raises:
            SourceUnavailableError: it did not answer; `Absence.NOT_FOUND` where there is no such resource.
        """
        ...

    def children(
        self, collection: str, api_version: str, within: timedelta, *, only: str = ""
    ) -> tuple[RawJson, ...]:
        """Return the members of a collection, such as `<id>/hubs`, over all pages; an empty one is no error.

        `only` is a condition as `$filter` takes it, where the collection takes one.

        Raises:
            SourceUnavailableError: it did not answer in full.
        """
        ...


class HealthState(StrEnum):
    """What Azure says about a resource."""

    AVAILABLE = "Available"
    UNAVAILABLE = "Unavailable"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Availability:
    """The health of a resource as Azure declares it."""

    resource: str  # its id in lower case
    state: HealthState
    title: str = ""
    summary: str = ""  # Azure's own words
    cause: str = ""  # `reasonType`: "Unplanned", "Planned", "UserInitiated" or empty
    since: datetime | None = None  # when the state began
    reported: datetime | None = None  # when it was last checked


class ResourceHealth(Protocol):
    """Azure Resource Health, which answers for one resource at a time."""

    def current(self, resource: str, within: timedelta) -> Availability:
        """Return the health of a resource now.

        Raises:
            SourceUnavailableError: it did not answer, or does not know this type of resource (`Absence.NOT_FOUND`).
        """
        ...


class HostNames(Protocol):
    """DNS as the app sees it."""

    def addresses(self, host: str, within: timedelta) -> tuple[str, ...]:
        """Return the addresses of a host, sorted.

        Raises:
            SourceUnavailableError: there is none, or no answer in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class ContextSources:
    """Where context is asked: all but DNS behind one endpoint of Azure Resource Manager."""

    graph: ResourceGraph
    resources: ResourceReader
    health: ResourceHealth
    names: HostNames | None = None
