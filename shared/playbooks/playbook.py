"""A playbook: one symptom, its hypotheses, their checks and the steps of mitigation."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.playbooks.diagnosis import EvidenceKind


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

    def hypothesis(self, hypothesis_id: str) -> Hypothesis:
        """Return a hypothesis by its id.

        Raises:
            KeyError: this playbook has no such hypothesis.
        """
        for hypothesis in self.hypotheses:
            if hypothesis.id == hypothesis_id:
                return hypothesis
        raise KeyError(hypothesis_id)
