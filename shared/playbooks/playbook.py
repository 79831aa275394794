"""A playbook: one symptom, its hypotheses, their checks and the steps of mitigation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from shared.context.change import Topic
from shared.playbooks.diagnosis import EvidenceKind

# After the last bad minute: resource logs arrive 3 to 10 minutes late (azure-monitor-docs, logs/data-ingestion-time.md).
DIAGNOSIS_DELAYS = (timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=20))


SYMPTOM = "symptom"  # names the check of the symptom among the ids of the hypotheses
# Tables that stand in for each other: a check can tell that something is absent if one of them is collected.
TableGroup = tuple[str, ...]


class Engine(StrEnum):
    """Where a check runs; the value is the first word or words behind its fence."""

    LOGS = "kql"
    GRAPH = "kql graph"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Check:
    """One fenced check of a page."""

    engine: Engine
    text: str  # KQL for a query, the probe's name and its words for a probe
    line: int  # of the first line of `text` in the page, 1-based
    fallback: "Check | None" = None  # a probe that is run when the query answers `no-data`
    witness: "Check | None" = (
        None  # a probe of the live configuration, which decides what the query leaves open
    )


class RootCause(StrEnum):
    """The root-cause buckets of a report: where the thing stands that has to change."""

    CONFIGURATION = "configuration"
    CAPACITY = "capacity"
    CODE = "code"
    EXTERNAL = "external dependency"
    PROCESS = "process"  # what a person or a pipeline did to a running system
    UNKNOWN = "unknown"


class Unit(StrEnum):
    """In what a check counts a number; the value stands behind its title on the page."""

    NONE = ""
    SECONDS = "s"
    MINUTES = "min"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class NumberTitle:
    """How people read the name of a number; `is_on_cards` is false for what only weighs the evidence."""

    text: str
    unit: Unit = Unit.NONE
    is_on_cards: bool = True


@dataclass(frozen=True, slots=True)
class Headline:
    """What users notice of a symptom, in their words, and what is counted: "Users cannot connect", "attempts", "refused"."""

    now: str  # while it lasts, without a full stop
    past: str  # once it is over
    events: str = "attempts"  # what is counted, as a plural
    bad: str = "failing"  # what the bad ones are; it stands behind "are"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One possible cause, its check and the steps that mend it."""

    id: str
    title: str
    likely_cause: str
    kind: EvidenceKind
    check: Check
    limits: str  # one or more sentences on what the check cannot see
    steps: tuple[str, ...]  # Markdown, in order, each with the way to verify it
    root_cause: RootCause = RootCause.UNKNOWN
    titles: Mapping[str, NumberTitle] = field(default_factory=dict)  # by the number's name in the check


@dataclass(frozen=True, slots=True)
class Extension:
    """A page of a team's own whose hypotheses join a playbook that is there already."""

    extends: str  # id of the playbook
    hypotheses: tuple[Hypothesis, ...]
    consequences: Mapping[str, tuple[str, ...]]
    text: str  # the page in Markdown, as people read it
    needs: Mapping[str, tuple[TableGroup, ...]] = field(default_factory=dict)
    changes: Mapping[str, tuple[Topic, ...]] = field(default_factory=dict)
    unexplained: Check | None = None  # takes the place of the query of the playbook


@dataclass(frozen=True, slots=True)
class Playbook:
    """One page of the library."""

    id: str
    service: str  # the ARM type in lower case
    title: str
    symptom: str  # what users see, in words
    symptom_check: Check
    hypotheses: tuple[Hypothesis, ...]
    consequences: Mapping[str, tuple[str, ...]]  # causes by effect, both as `playbook/hypothesis`
    # The service's own tables, or row functions of the library: when all of them are empty the conclusion is `no-data`.
    tables: tuple[str, ...]
    text: str  # the page in Markdown, as people read it
    diagnosis_delays: tuple[timedelta, ...] = DIAGNOSIS_DELAYS  # after the last bad minute, shortest first
    # By check (a hypothesis, or `SYMPTOM`): without one table of each group it cannot say that something is absent.
    needs: Mapping[str, tuple[TableGroup, ...]] = field(default_factory=dict)
    # By hypothesis: what a change touches that can bring it about. It ranks changes, and decides no verdict.
    changes: Mapping[str, tuple[Topic, ...]] = field(default_factory=dict)
    unexplained: Check | None = None  # the query for the bad events that no hypothesis explains
    words: Headline | None = None  # None where the page has no `headline`

    @property
    def headline(self) -> Headline:
        """Return what users notice; the page's title where it does not say it in their words."""
        return self.words or Headline(self.title, self.title)

    def hypothesis(self, hypothesis_id: str) -> Hypothesis:
        """Return a hypothesis by its id.

        Raises:
            KeyError: this playbook has no such hypothesis.
        """
        found = self.find(hypothesis_id)
        if found is None:
            raise KeyError(hypothesis_id)
        return found

    def find(self, hypothesis_id: str | None) -> Hypothesis | None:
        """Return a hypothesis by its id; None for one that the page does not have, or no longer."""
        return next((one for one in self.hypotheses if one.id == hypothesis_id), None)

    def root_cause_of(self, hypothesis_id: str | None) -> RootCause:
        """Return the bucket of a hypothesis; unknown where `find` has none."""
        found = self.find(hypothesis_id)
        return found.root_cause if found else RootCause.UNKNOWN


def without_page(playbook_id: str) -> Playbook:
    """Return what stands in for a playbook whose page is gone or cannot be read: its id, and no hypothesis."""
    return Playbook(
        id=playbook_id,
        service="",
        title=playbook_id,
        symptom="",
        symptom_check=Check(Engine.LOGS, "", 1),
        hypotheses=(),
        consequences={},
        tables=(),
        text="",
    )
