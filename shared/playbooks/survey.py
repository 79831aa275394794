"""Look at every symptom of a resource, diagnose those that are there, and say which one is the strongest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import strength_key
from shared.playbooks.run import diagnose_together, look_for_symptoms
from shared.queries.run import Run

# What a symptom check alone says of a playbook that was not run.
_UNDIAGNOSED = {
    Verdict.SUPPORTED: Conclusion.INCONCLUSIVE,
    Verdict.INCONCLUSIVE: Conclusion.INCONCLUSIVE,
    Verdict.REFUTED: Conclusion.NOTHING_FOUND,
    Verdict.NO_DATA: Conclusion.NO_DATA,
    Verdict.FAILED: Conclusion.FAILED,
}
# Where no symptom is there, the one that could be told best stands for the resource.
_TOLD_BEST = (Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.FAILED, Verdict.NO_DATA)

Other = tuple[str, str, str | None]  # playbook, conclusion, cause


@dataclass(frozen=True, slots=True)
class Survey:
    """The strongest diagnosis of a resource, and what the other playbooks say."""

    strongest: Diagnosis
    others: tuple[Other, ...]


def survey(playbooks: Sequence[Playbook], run: Run) -> Survey:
    """Run every symptom check, diagnose the symptoms present and report the strongest."""
    symptoms = look_for_symptoms(playbooks, run)
    chosen = [one for one in playbooks if symptoms[one.id].verdict is Verdict.SUPPORTED]
    diagnoses = sorted(diagnose_together(chosen or [_stand_in(playbooks, symptoms)], run), key=_order)
    diagnosed = {diagnosis.playbook for diagnosis in diagnoses}
    others = [(one.playbook, str(one.conclusion), one.cause) for one in diagnoses[1:]]
    others += [
        (one.id, str(_UNDIAGNOSED[symptoms[one.id].verdict]), None)
        for one in playbooks
        if one.id not in diagnosed
    ]
    return Survey(diagnoses[0], tuple(others))


def _stand_in(playbooks: Sequence[Playbook], symptoms: Mapping[str, Evidence]) -> Playbook:
    return min(playbooks, key=lambda one: (_TOLD_BEST.index(symptoms[one.id].verdict), one.id))


def _order(diagnosis: Diagnosis) -> tuple[object, ...]:
    """Supported first; a cause before what followed from it; then as hypotheses are ranked."""
    if diagnosis.conclusion is not Conclusion.SUPPORTED:
        return (1, list(Conclusion).index(diagnosis.conclusion), diagnosis.playbook)
    top = diagnosis.findings[0]
    return (0, top.consequence_of is not None, *strength_key(top), diagnosis.playbook)
