"""Diagnose a resource with every playbook of its service, and find the strongest result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


def survey(playbooks: Sequence[Playbook], run: Run) -> Survey:
    """Diagnose with every playbook, for a cause may be there without its playbook's symptom, and report the strongest."""
    strongest, *weaker = sorted(diagnose_together(playbooks, run), key=_order)
    return Survey(strongest, tuple(weaker))


def _order(diagnosis: Diagnosis) -> tuple[object, ...]:
    """Return a sort key: supported first, a cause before its consequence, then as hypotheses are ranked.

    Without a cause, what could not be seen goes before what is absent: an all-clear is one of every playbook.
    """
    if diagnosis.conclusion is not Conclusion.SUPPORTED:
        symptom = diagnosis.symptom
        is_blind = diagnosis.conclusion is Conclusion.INCONCLUSIVE and bool(symptom.lacking)
        place = _BEST_FIRST.index(Verdict.INCONCLUSIVE if is_blind else symptom.verdict)
        return (1, place, is_blind, list(Conclusion).index(diagnosis.conclusion), diagnosis.playbook)
    top = diagnosis.findings[0]
    return (0, top.consequence_of is not None, *strength_key(top), diagnosis.playbook)
