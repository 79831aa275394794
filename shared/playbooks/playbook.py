"""A playbook as it was loaded: one symptom, its hypotheses, their checks and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.playbooks.diagnosis import EvidenceKind


class Engine(StrEnum):
    """Where a check runs, named by the fence of its block."""

    LOGS = "kql"
    GRAPH = "kql graph"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Check:
    """One fenced check: KQL text for a query, the probe's name and words for a probe; `line` is 1-based.

    `fallback` is a probe that answers where the logs hold nothing to decide on.
    """

    engine: Engine
    text: str
    line: int
    fallback: "Check | None" = None


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
    """One page of the library; `consequences` maps an effect to its causes, ids as `playbook/hypothesis`."""

    id: str
    service: str  # the ARM type in lower case
    title: str
    symptom: str  # what users see, in words
    symptom_check: Check
    hypotheses: tuple[Hypothesis, ...]
    consequences: Mapping[str, tuple[str, ...]]
    tables: tuple[
        str, ...
    ]  # the service's own tables, or rows of the library: where all are empty there is no data
    text: str  # the page in Markdown, as people read it

    def hypothesis(self, wanted: str) -> Hypothesis:
        """Return a hypothesis by its id.

        Raises:
            KeyError: this playbook has no such hypothesis.
        """
        for known in self.hypotheses:
            if known.id == wanted:
                return known
        raise KeyError(wanted)
