"""A change: what somebody did to a resource before a symptom began."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeSource(StrEnum):
    """Where a change was read."""

    RESOURCE_CHANGES = "resourcechanges"  # property changes with old and new values, of 14 days
    ACTIVITY_LOG = "AzureActivity"  # actions that change no property, and hubs
    DEPLOYMENT = "deployment"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one property, or one action; values hold no secret, and people and addresses are hashes."""

    at: datetime
    resource: str  # the id in lower case of what was changed
    what: str  # "Update", "Create", "Delete", or an operation such as "regenerateKey/action"
    source: ChangeSource
    path: str = ""  # the property, such as "properties.disableLocalAuth"; empty for an action
    old: str | None = None  # None where it is not known
    new: str | None = None
    who: str | None = None  # a hash unless SHOW_USER_IDS; None where the log does not say it
    address: str | None = None  # likewise
    relevance: float = 0.0  # 0 to 1, to the symptom: nearness in time and what the change can bring about
