"""A change: what somebody did to a resource before a symptom began."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.context.live import Gap

# A change may be recorded a little after its effect, as `besideChanges` of activity.kql has it.
SLACK = timedelta(minutes=2)
LEAST_RELEVANCE = 0.05  # below it a change is listed and not pointed out


class ChangeSource(StrEnum):
    """Where a change was read."""

    RESOURCE_CHANGES = "resourcechanges"  # property changes with old and new values, of 14 days
    ACTIVITY_LOG = "AzureActivity"  # actions that change no property, and hubs
    DEPLOYMENT = "deployment"


class Topic(StrEnum):
    """What a change touches; the pages say which topics bear on which hypothesis."""

    KEYS = "keys"
    SIGN_IN = "sign-in"  # access keys or Entra switched on or off
    NETWORK = "network"
    SCALE = "scale"  # units and tier
    LIMITS = "limits"  # rules of the application firewall
    RESTART = "restart"  # restarted, stopped, started
    HUB = "hub"  # hubs, event handlers, and the identity that calls them
    TLS = "tls"
    REGION = "region"  # replicas and their endpoints
    HOST = "host"  # an App Service or a container app, which may be the one that handles events
    DEPLOYMENT = "deployment"  # into the group, of which no write to the resource is known
    SERVICE = "service"  # a write to the service that does not say what it set
    UNRELATED = "unrelated"  # a tag, a lock, a role: nothing that changes how the service answers


@dataclass(frozen=True, slots=True)
class Edit:
    """One property that a change set; values hold no secret. None is a value that is absent, or not known."""

    path: str  # such as "properties.disableLocalAuth"
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One operation, whichever sources tell of it.

    People and addresses are as the log has them until the diagnosis is redacted, and hashes after it.
    """

    at: datetime  # when it was complete
    resource: str  # the id in lower case of what was changed
    what: str  # an operation in lower case, such as ".../regeneratekey/action"; else "Update", "Create" or "Delete"
    sources: tuple[ChangeSource, ...]
    began: datetime | None = None  # None where only one moment is known
    edits: tuple[Edit, ...] = ()  # none for an action
    topics: tuple[Topic, ...] = (Topic.SERVICE,)
    who: str | None = None  # None where no source says it
    address: str | None = None  # likewise
    relevance: float = 0.0  # 0 to 1, to the symptom: nearness in time, and what the change can bring about
    bears_on: str | None = None  # the hypothesis that it bears on most

    @property
    def is_unrelated(self) -> bool:
        """Whether it is known to change nothing in how the service answers."""
        return all(topic is Topic.UNRELATED for topic in self.topics)

    def before(self, moment: datetime) -> timedelta | None:
        """Return how long before a moment it was complete, zero where it was under way; None where it came later."""
        if (self.began or self.at) > moment + SLACK:
            return None
        return max(moment - self.at, timedelta(0))


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """What changed in the hours before a symptom, and what could not be read about it."""

    since: datetime  # the onset of the symptom, or the start of the window where it has none
    is_onset: bool
    changes: tuple[Change, ...] = ()  # the most relevant first
    gaps: tuple[Gap, ...] = ()
    left_out: int = 0  # how many less relevant ones are not listed

    def pointed_out(self, cause: str | None) -> tuple[Change, ...]:
        """Return the changes to ask about, first those that bear on the cause found, however early they were."""
        relevant = [
            change
            for change in self.changes
            if change.relevance >= LEAST_RELEVANCE or self._is_of(cause, change)
        ]
        return tuple(sorted(relevant, key=lambda change: not self._is_of(cause, change)))

    @property
    def bears_nothing(self) -> bool:
        """Whether every change is known to be unrelated, or came after the onset."""
        return not self.left_out and all(
            change.is_unrelated or (self.is_onset and change.before(self.since) is None)
            for change in self.changes
        )

    def _is_of(self, cause: str | None, change: Change) -> bool:
        return cause is not None and change.bears_on == cause and change.before(self.since) is not None
