"""Conclude a diagnosis from its verdicts, and say what to look at next."""

from collections.abc import Sequence
from dataclasses import replace

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.rank import is_benign


def conclude(diagnosis: Diagnosis, *, rows: int) -> Diagnosis:
    """Return a diagnosis with its conclusion, cause and next step; `rows` counts the service's own rows in the window."""
    conclusion = conclusion_of(diagnosis.symptom, diagnosis.findings, rows=rows)
    cause = diagnosis.findings[0].hypothesis if conclusion is Conclusion.SUPPORTED else None
    result = replace(diagnosis, conclusion=conclusion, cause=cause)
    return replace(result, next_step=_next_step(result))


def conclusion_of(symptom: Evidence, findings: Sequence[Finding], *, rows: int) -> Conclusion:
    """Return the conclusion that follows from the verdicts alone; `findings` are ranked."""
    verdicts = {finding.evidence.verdict for finding in findings} | {symptom.verdict}
    if verdicts <= {Verdict.FAILED, Verdict.NO_DATA} and Verdict.FAILED in verdicts:
        return Conclusion.FAILED
    if rows == 0:
        return Conclusion.NO_DATA
    if Verdict.SUPPORTED in {
        finding.evidence.verdict for finding in findings if not is_benign(finding, symptom.verdict)
    }:
        return Conclusion.SUPPORTED
    ample = symptom.verdict in (Verdict.SUPPORTED, Verdict.REFUTED)
    open_questions = {Verdict.INCONCLUSIVE, Verdict.FAILED} & {
        finding.evidence.verdict for finding in findings
    }
    return Conclusion.NOTHING_FOUND if ample and not open_questions else Conclusion.INCONCLUSIVE


def _next_step(diagnosis: Diagnosis) -> str:
    if diagnosis.conclusion is Conclusion.SUPPORTED:
        return f"Carry out the first step for {diagnosis.cause} and verify it before the next."
    if diagnosis.conclusion is Conclusion.NOTHING_FOUND:
        return _after_nothing(diagnosis)
    if diagnosis.conclusion is Conclusion.NO_DATA:
        return _after_no_data(diagnosis)
    if diagnosis.conclusion is Conclusion.FAILED:
        return f"Mend the access to the evidence first: {_first_summary(diagnosis, Verdict.FAILED)}"
    return _after_thin(diagnosis)


def _after_nothing(diagnosis: Diagnosis) -> str:
    if diagnosis.symptom.verdict is Verdict.REFUTED:
        return f"The symptom is not in this window: {diagnosis.symptom.summary}"
    names = _hypotheses_with(diagnosis, Verdict.NO_DATA)
    unexamined = f" Not examined: {names}." if names else ""
    return f"The symptom is there and no known cause explains it: read the unclassified rows by hand.{unexamined}"


def _after_no_data(diagnosis: Diagnosis) -> str:
    tables = ", ".join(diagnosis.missing) or "the service's tables"
    return f"No evidence in this window: check that a diagnostic setting sends the logs behind {tables} to this workspace."


def _after_thin(diagnosis: Diagnosis) -> str:
    failed = _hypotheses_with(diagnosis, Verdict.FAILED)
    if failed:
        return f"Some checks did not answer ({failed}): run the diagnosis again."
    names = _hypotheses_with(diagnosis, Verdict.INCONCLUSIVE) or "the hypotheses"
    return f"The evidence is too thin or contradictory for {names}: look again when more rows have arrived, or widen the window."


def _hypotheses_with(diagnosis: Diagnosis, verdict: Verdict) -> str:
    return ", ".join(
        finding.hypothesis for finding in diagnosis.findings if finding.evidence.verdict is verdict
    )


def _first_summary(diagnosis: Diagnosis, verdict: Verdict) -> str:
    answers = [diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings)]
    return next(evidence.summary for evidence in answers if evidence.verdict is verdict)
