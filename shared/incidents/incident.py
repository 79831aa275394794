"""What an incident is: one symptom on one resource, from detection to a fix that held."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where an incident stands."""

    DETECTED = "detected"
    DIAGNOSED = "diagnosed"
    ACKNOWLEDGED = "acknowledged"
    MITIGATING = "mitigating"
    VALIDATING = "validating"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class Ending(StrEnum):
    """How a resolved incident ended."""

    HELD = "held"  # 30 minutes within objective
    UNCONFIRMED = "unconfirmed"  # 24 hours without enough events to tell
    BY_HAND = "by hand"
    ALERTS_OVER = "alerts resolved"  # every alert is resolved, and no count of ours can tell more


class Milestone(StrEnum):
    """The states that people are told of, each once per occurrence."""

    OPENED = "opened"
    CAUSE_FOUND = "cause found"
    GIVEN_UP = "given up"  # the last look found no cause
    WORSE = "severity raised"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ESCALATED = "escalated"  # nobody acknowledged it, so the next receiver is told


class RootCause(StrEnum):
    """The root-cause buckets of a report."""

    CONFIGURATION = "configuration"
    CAPACITY = "capacity"
    CODE = "code"
    EXTERNAL = "external dependency"
    PROCESS = "process"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: what happened, and what was known then."""

    at: datetime
    what: str  # a word or two: "detected", "look 2", "told: opened"
    text: str = ""  # one sentence, redacted


@dataclass(frozen=True, slots=True)
class Notification:
    """A state that must be told: the revision of the incident at which it came to be, and what it is."""

    revision: int
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it is stored; `revision` counts its conditional writes, `etag` is the store's.

    Times of the clock: `opened_at`, `state_since`, `closed_at`, `next_look_at`, `told_at`. Times of events: `onset` (start of the first bad
    bucket), `last_bad` (end of the last). `id` is `<key of resource>.<symptom>.<number>`; number counts from 1.
    """

    id: str
    resource: str
    symptom: str
    number: int
    state: State
    opened_at: datetime
    state_since: datetime
    onset: datetime
    last_bad: datetime
    severity: int  # 1 to 4
    signals: Mapping[str, str] = field(
        default_factory=dict
    )  # id of each broken signal, to its numbers in one sentence
    bad: float = 0
    total: float = 0
    peak_ratio: float = 0
    users: int | None = None  # users hit, where a diagnosis could count them
    conclusion: str | None = None
    cause: str | None = None  # hypothesis id
    looks: int = 0  # diagnoses made since it was opened or reopened
    next_diagnosis_at: datetime | None = None
    document: str | None = None  # name of the blob of the latest diagnosis
    joined_to: str | None = None  # the incident whose consequence it is
    follows: str | None = None  # the earlier incident of the same resource and symptom
    ending: Ending | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    notified_at: datetime | None = None  # when people were last told that it needs them
    escalations: int = 0  # since it was opened or reopened
    unnotified: tuple[Notification, ...] = ()  # states that no notice was written for yet
    timeline: tuple[Entry, ...] = ()
    revision: int = 0
    etag: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it is not resolved."""
        return self.state is not State.RESOLVED
