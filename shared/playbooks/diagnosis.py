"""The diagnosis that a run of a playbook gives: verdicts, their ranking and one conclusion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.context.change import RecentChanges
from shared.queries.scope import Window

Number = str | int | float | bool | None


class Verdict(StrEnum):
    """The result of one check."""

    SUPPORTED = "supported"
    MINOR = "minor"  # there, in numbers of its own, and too small to be the cause
    INCONCLUSIVE = "inconclusive"
    REFUTED = "refuted"
    NO_DATA = "no-data"
    FAILED = "failed"


class EvidenceKind(StrEnum):
    """How direct the evidence of a check can be, most direct first."""

    MEASURED = "measured"
    OBSERVED = "observed"
    CORRELATED = "correlated"
    INFERRED = "inferred"


class Conclusion(StrEnum):
    """The result of a whole playbook."""

    SUPPORTED = "supported"
    NOTHING_FOUND = "nothing-found"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no-data"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer of one check."""

    verdict: Verdict
    strength: float  # 0..1
    summary: str  # one sentence with its numbers
    onset: datetime | None = None  # of the events that the hypothesis explains; None if the check has none
    numbers: Mapping[str, Number] = field(default_factory=dict)  # by the check's column
    query: str = ""  # the complete text that was run, prelude included; empty for a probe
    lacking: tuple[str, ...] = ()  # tables or a permission without which it is undecided


@dataclass(frozen=True, slots=True)
class Finding:
    """One hypothesis with its evidence and its place in the ranking (`rank` starts at 1)."""

    hypothesis: str
    title: str
    kind: EvidenceKind
    evidence: Evidence
    rank: int = 0
    consequence_of: str | None = None  # `hypothesis`, or `playbook/hypothesis` of another playbook


@dataclass(frozen=True, slots=True)
class TableCoverage:
    """The rows that a table holds of the resource, and how far they cover the window."""

    table: str
    rows: int  # in the window
    first: datetime | None = None  # in the window
    last: datetime | None = None
    oldest: datetime | None = None  # in the window, the day before it and the day after it
    newest: datetime | None = None
    held: int = 0  # of all resources, in the same time
    note: str = ""  # what is missing of the window, such as "rows only until 03:08"; "" where it is covered


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Bad events that no hypothesis explains and that say the same."""

    text: str  # their message, or code and subcode, or operation and status
    events: int
    callers: int | None = None  # distinct; None where the source names none


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The ranked hypotheses of one playbook on one resource and window.

    `cause` is the best supported hypothesis that is not a consequence; it is set exactly when the conclusion is
    `supported`. `missing` names the tables that the workspace never received.
    """

    playbook: str
    title: str  # the symptom, as the playbook's heading says it
    resource: str
    window: Window
    conclusion: Conclusion
    cause: str | None
    symptom: Evidence
    findings: tuple[Finding, ...]  # best first
    missing: tuple[str, ...]
    next_step: str  # what to look at next, one sentence
    # Of the resource, by metric (`shared.signals.metrics.numbers`); an unknown number is left out.
    load: Mapping[str, float] = field(default_factory=dict)
    unexplained: tuple[Unexplained, ...] = ()  # the most frequent, most frequent first
    unexplained_total: int | None = 0  # all bad events that no hypothesis explains; None where it is unknown
    coverage: tuple[TableCoverage, ...] = ()  # by table; empty where it could not be asked
    changes: RecentChanges | None = None  # None where the symptom is absent, or nobody asked

    def finding(self, hypothesis: str) -> Finding:
        """Return the finding of a hypothesis of this playbook.

        Raises:
            KeyError: the playbook has no such hypothesis.
        """
        for finding in self.findings:
            if finding.hypothesis == hypothesis:
                return finding
        raise KeyError(hypothesis)
