"""Diagnose a resource with every playbook of its service, and find the strongest result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.context.ports import ContextSources
from shared.playbooks.conclude import unexplained_is_material
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import strength_key
from shared.playbooks.run import diagnose_together
from shared.queries.run import Run

# Without a cause, the playbook whose symptom comes first here is reported.
_BEST_FIRST = (
    Verdict.SUPPORTED,
    Verdict.MINOR,
    Verdict.INCONCLUSIVE,
    Verdict.REFUTED,
    Verdict.FAILED,
    Verdict.NO_DATA,
)


class OtherPlaybook(NamedTuple):
    """The result of a playbook that is not the strongest."""

    playbook: str
    conclusion: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class Survey:
    """The strongest diagnosis of a resource, and those of the other playbooks."""

    strongest: Diagnosis
    weaker: tuple[Diagnosis, ...]

    @property
    def others(self) -> tuple[OtherPlaybook, ...]:
        """The results of the other playbooks in short."""
        return tuple(
            OtherPlaybook(other.playbook, str(other.conclusion), other.cause) for other in self.weaker
        )


def survey(playbooks: Sequence[Playbook], run: Run, sources: ContextSources | None = None) -> Survey:
    """Diagnose with every playbook, for a cause may be there without its playbook's symptom, and report the strongest."""
    strongest, *weaker = sorted(diagnose_together(playbooks, run, sources=sources), key=_order)
    return Survey(strongest, tuple(weaker))


def _order(diagnosis: Diagnosis) -> tuple[object, ...]:
    """Return a sort key: supported first, a cause before its consequence, then as hypotheses are ranked.

    Without a cause, what nobody explains or could see goes before what is absent: an all-clear is one of every playbook.
    """
    if diagnosis.conclusion is not Conclusion.SUPPORTED:
        symptom, is_open = diagnosis.symptom, diagnosis.conclusion is Conclusion.INCONCLUSIVE
        is_blind = is_open and bool(symptom.lacking)
        is_strange = is_open and unexplained_is_material(symptom, diagnosis.unexplained_total)
        verdict = Verdict.INCONCLUSIVE if is_blind else symptom.verdict
        if is_strange and verdict is Verdict.REFUTED:
            verdict = Verdict.INCONCLUSIVE
        conclusion = list(Conclusion).index(diagnosis.conclusion)
        return (1, _BEST_FIRST.index(verdict), is_blind, conclusion, -_bad(diagnosis), diagnosis.playbook)
    top = diagnosis.findings[0]
    return (0, top.consequence_of is not None, *strength_key(top), diagnosis.playbook)


def _bad(diagnosis: Diagnosis) -> float:
    """Return how many bad events a diagnosis counted, explained or not."""
    bad = diagnosis.symptom.numbers.get("Bad")
    counted = float(bad) if isinstance(bad, int | float) else 0.0
    return max(counted, float(diagnosis.unexplained_total or 0))
