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
    DECLARED = "declared by Microsoft"  # as an incident of its own, after ours was told
    CORRECTED = "cause corrected"  # another cause than the one that was told
    GIVEN_UP = "given up"  # the last diagnosis found no cause
    WORSE = "severity raised"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    FLAPPING = "keeps coming back"  # told in the place of a return, and further returns are not
    ESCALATED = "escalated"  # nobody acknowledged it, so the next receiver is told
    STANDING = "who has it"  # somebody took it on, took it over, gave it back, or opened it again by hand
    SILENCED = "silenced"  # somebody silenced it from its card, or ended that
    UPDATE = "still open"  # at the interval of its severity


class AlertState(StrEnum):
    """The states that people, and we, give an alert in Azure; whether it fires is another thing."""

    NEW = "New"
    ACKNOWLEDGED = "Acknowledged"
    CLOSED = "Closed"


class EntryKind(StrEnum):
    """What a line of the timeline is about, so that a page can place it without reading it."""

    OTHER = "other"
    LOOK = "look"  # a diagnosis
    NOTICE = "notice"  # somebody was told
    PERSON = "person"  # what somebody did


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: what happened, and what was known then."""

    at: datetime
    what: str  # a word or two: "detected", "look 2", "told: opened"
    text: str = ""  # one sentence, redacted
    kind: EntryKind = EntryKind.OTHER


@dataclass(frozen=True, slots=True)
class Notification:
    """A state that must be told: the revision of the incident at which it came to be, and what it is."""

    revision: int
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took an incident on, and when; `revision` is the incident's then, and 0 in rows of earlier versions."""

    by: str
    at: datetime
    taken_from: str | None = None  # who had it before
    revision: int = 0


@dataclass(frozen=True, slots=True)
class CardSilence:
    """Until when an incident is silenced from its card, and by whom."""

    until: datetime
    by: str


class Undoable(StrEnum):
    """What people answered and may take back."""

    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Undone:
    """Who took an answer back, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What people have done about an incident: who has it, until when it is silent, and who ended it by hand."""

    holder: str | None = None
    silent_until: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """When people were asked to take an incident on, and the receivers that were notified last."""

    at: datetime
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleState:
    """Whether an alert rule fires, as far as the timeline has it, and the last moments at which it was noted."""

    is_firing: bool
    noted_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """What Microsoft declared that joined an incident; its words are Microsoft's own, redacted."""

    tracking_id: str
    name: str  # the tracking id, services and regions
    title: str
    link: str
    is_own: bool  # of the service of the resource itself, not only of one that it depends on


@dataclass(frozen=True, slots=True)
class Fold:
    """The entries that a timeline leaves out: how many, and when the first and the last of them were made."""

    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it is stored; `revision` counts its conditional writes, `etag` is the store's.

    Times of events are `onset` (start of the first bad bucket or minute) and `last_bad` (end of the last); all others are times of the clock.
    `id` is `<key of resource>.<symptom>.<number>`; number counts from 1. An occurrence begins when it is opened or reopened.
    The timeline is text for people: no decision reads it.
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
    # Id of each broken signal, to its numbers in one sentence.
    signals: Mapping[str, str] = field(default_factory=dict)
    bad: float = 0
    total: float = 0
    peak_ratio: float = 0
    users: int | None = None  # users hit, where a diagnosis could count them
    conclusion: str | None = None
    cause: str | None = None  # hypothesis id
    first_cause_at: datetime | None = None  # when any cause was first found, in whichever occurrence
    cause_at: datetime | None = None  # when the cause that stands was told
    retracted_cause: str | None = None  # that a card named before, and the last one corrects
    retracted_cause_at: datetime | None = None  # when it was told
    notified_causes: tuple[str, ...] = ()  # that this occurrence has told
    has_given_up: bool = False  # this occurrence has told that no cause was found
    diagnosis_count: int = 0  # of this occurrence
    next_diagnosis_at: datetime | None = None
    document: str | None = None  # name of the blob of the latest diagnosis
    state_before_validation: State | None = None  # while it is validated
    contradicted_by: str | None = (
        None  # the perspectives that last said it was not over, when its signals held
    )
    acknowledgement: Acknowledgement | None = None  # of this occurrence
    silence: CardSilence | None = None  # the last one of this occurrence that nobody ended
    undone: Mapping[Undoable, Undone] = field(default_factory=dict)  # until it is given again
    answers_due_at: datetime | None = None  # when people are told what others answered since
    told_standing: Standing = Standing()  # that they were told last
    alert_rules: Mapping[str, RuleState] = field(default_factory=dict)  # least recently noted first
    azure_alert: str | None = (
        None  # the ARM id of the alert that this occurrence, or an earlier one, began with
    )
    azure_alert_state: AlertState | None = None  # the last that was set there, or that could not be
    joined_to: str | None = None  # the incident whose consequence it is, while that one speaks for it
    released_from: str | None = (
        None  # the incident that last spoke for it in this occurrence, and closed before it
    )
    follows: str | None = None  # the earlier incident of the same resource and symptom
    ending: Ending | None = None
    ended_by: str | None = None  # who ended it by hand
    closed_at: datetime | None = None
    previous_closed_at: datetime | None = None  # the end of the occurrence before this one
    reopened: int = 0
    reopened_at: datetime | None = None  # last
    returns: tuple[datetime, ...] = ()  # when it was reopened, of the last hours
    is_flapping: bool = (
        False  # this occurrence ends only after a longer quiet, and joins what comes before that
    )
    severity_before: int | None = None  # before this occurrence's severity last rose
    notified_at: datetime | None = None  # when people were last told that it needs them
    notified_receivers: tuple[str, ...] = ()  # who was last told of it, of whatever state
    shown_at: datetime | None = None  # when people were last sent its numbers
    escalations: int = 0  # of this occurrence
    unanswered: Call | None = None  # that the last escalation was made for
    declared: tuple[Declared, ...] = ()  # that joined this occurrence
    demoted_from: int | None = (
        None  # the severity that a declared incident took one step lower, while it does
    )
    unnotified: tuple[Notification, ...] = ()  # states that no notice was written for yet
    timeline: tuple[Entry, ...] = ()
    fold: Fold | None = None  # what the timeline leaves out
    revision: int = 0
    etag: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it is not resolved."""
        return self.state is not State.RESOLVED

    @property
    def is_live(self) -> bool:
        """Tell whether it is open, or people are still to be told of it."""
        return self.is_open or bool(self.unnotified) or self.answers_due_at is not None

    @property
    def standing(self) -> Standing:
        """Return what people have done about it, as it is now."""
        return Standing(
            self.acknowledgement.by if self.acknowledgement else None,
            self.silence.until if self.silence else None,
            self.ended_by,
        )

    @property
    def due_alert_state(self) -> AlertState | None:
        """Return the state that its alert in Azure is to get; None where it has none, or that was settled."""
        if self.azure_alert is None:
            return None
        state = AlertState.ACKNOWLEDGED if self.is_open else AlertState.CLOSED
        return None if state is self.azure_alert_state else state

    @property
    def share(self) -> float | None:
        """Return the share of bad events from its onset on, 0 to 1; None where all of them are not known."""
        return self.bad / self.total if self.total > 0 else None

    @property
    def begun_at(self) -> datetime:
        """Return when it was opened or last reopened."""
        return self.reopened_at or self.opened_at
