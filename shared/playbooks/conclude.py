"""Conclude a diagnosis from its verdicts, and say what to look at next."""

from collections.abc import Sequence
from dataclasses import replace

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.next_step import next_step
from shared.playbooks.rank import is_benign
from shared.playbooks.weigh import ENOUGH

# Bad events that no hypothesis explains count from a tenth of all bad ones on.
_MATERIAL_RATIO = 0.1


def conclude(diagnosis: Diagnosis, *, rows: int) -> Diagnosis:
    """Return a diagnosis with its conclusion, cause and next step; `rows` counts the service's own rows in the window."""
    conclusion = conclusion_of(
        diagnosis.symptom,
        diagnosis.findings,
        rows=rows,
        unexplained=unexplained_is_material(diagnosis.symptom, diagnosis.unexplained_total),
    )
    cause = diagnosis.findings[0].hypothesis if conclusion is Conclusion.SUPPORTED else None
    result = replace(diagnosis, conclusion=conclusion, cause=cause)
    return replace(result, next_step=next_step(result))


def conclusion_of(
    symptom: Evidence, findings: Sequence[Finding], *, rows: int, unexplained: bool = False
) -> Conclusion:
    """Return the conclusion that follows from the verdicts alone; `findings` are ranked.

    `unexplained` tells whether bad events that no hypothesis explains are material.
    """
    verdicts = {finding.evidence.verdict for finding in findings}
    everything = verdicts | {symptom.verdict}
    if everything <= {Verdict.FAILED, Verdict.NO_DATA} and Verdict.FAILED in everything:
        return Conclusion.FAILED
    if rows == 0:
        return Conclusion.NO_DATA
    if Verdict.SUPPORTED in {
        finding.evidence.verdict for finding in findings if not is_benign(finding, symptom.verdict)
    }:
        return Conclusion.SUPPORTED
    if symptom.verdict not in (Verdict.SUPPORTED, Verdict.REFUTED) or unexplained:
        return Conclusion.INCONCLUSIVE
    return Conclusion.INCONCLUSIVE if verdicts & _open(symptom.verdict) else Conclusion.NOTHING_FOUND


def _open(symptom: Verdict) -> set[Verdict]:
    """Return the verdicts that leave a question open; where the symptom is there, what was not examined may be its cause."""
    undecided = {Verdict.INCONCLUSIVE, Verdict.FAILED}
    return undecided | {Verdict.NO_DATA, Verdict.MINOR} if symptom is Verdict.SUPPORTED else undecided


def unexplained_is_material(symptom: Evidence, unexplained: int | None) -> bool:
    """Tell whether so many bad events that no hypothesis explains forbid an all-clear.

    They do not where the symptom counted them among its bad events and found all of these to be background. Where their
    number is unknown they do, unless the symptom counted no bad event.
    """
    bad = symptom.numbers.get("Bad")
    counted = float(bad) if isinstance(bad, int | float) else 0.0
    if unexplained is None:
        return bad != 0
    if symptom.verdict is Verdict.REFUTED and counted >= unexplained:
        return False
    return unexplained >= ENOUGH and unexplained >= _MATERIAL_RATIO * counted
