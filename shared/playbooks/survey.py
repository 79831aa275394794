"""Check every symptom of a resource, diagnose those that are there, and find the strongest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import strength_key
from shared.playbooks.run import check_symptoms, diagnose_together
from shared.queries.run import Run

# The conclusion of a playbook of which only the symptom check was run.
_UNDIAGNOSED = {
    Verdict.SUPPORTED: Conclusion.INCONCLUSIVE,
    Verdict.INCONCLUSIVE: Conclusion.INCONCLUSIVE,
    Verdict.REFUTED: Conclusion.NOTHING_FOUND,
    Verdict.NO_DATA: Conclusion.NO_DATA,
    Verdict.FAILED: Conclusion.FAILED,
}
# Without a symptom, the playbook whose verdict comes first here is diagnosed.
_BEST_FIRST = (Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.FAILED, Verdict.NO_DATA)


class OtherPlaybook(NamedTuple):
    """The result of a playbook that is not the strongest."""

    playbook: str
    conclusion: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class Survey:
    """The strongest diagnosis of a resource, and the results of the other playbooks."""

    strongest: Diagnosis
    others: tuple[OtherPlaybook, ...]


def survey(playbooks: Sequence[Playbook], run: Run) -> Survey:
    """Run every symptom check, diagnose the symptoms present and report the strongest."""
    symptoms = check_symptoms(playbooks, run)
    candidates = [
        playbook for playbook in playbooks if symptoms[playbook.id].verdict is Verdict.SUPPORTED
    ] or [_most_informative(playbooks, symptoms)]
    diagnoses = sorted(diagnose_together(candidates, run), key=_order)
    ids = {diagnosis.playbook for diagnosis in diagnoses}
    weaker = [OtherPlaybook(other.playbook, str(other.conclusion), other.cause) for other in diagnoses[1:]]
    undiagnosed = [
        OtherPlaybook(playbook.id, str(_UNDIAGNOSED[symptoms[playbook.id].verdict]), None)
        for playbook in playbooks
        if playbook.id not in ids
    ]
    return Survey(diagnoses[0], (*weaker, *undiagnosed))


def _most_informative(playbooks: Sequence[Playbook], symptoms: Mapping[str, Evidence]) -> Playbook:
    return min(
        playbooks, key=lambda playbook: (_BEST_FIRST.index(symptoms[playbook.id].verdict), playbook.id)
    )


def _order(diagnosis: Diagnosis) -> tuple[object, ...]:
    """Return a sort key: supported first, a cause before its consequence, then as hypotheses are ranked."""
    if diagnosis.conclusion is not Conclusion.SUPPORTED:
        return (1, list(Conclusion).index(diagnosis.conclusion), diagnosis.playbook)
    top = diagnosis.findings[0]
    return (0, top.consequence_of is not None, *strength_key(top), diagnosis.playbook)
