"""Keep an early diagnosis from saying what rows that have not arrived yet may still contradict."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.incidents.incident import Incident
from shared.playbooks.conclude import conclude
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.rank import DIRECT, is_benign, rank
from shared.queries.arrival import latest_arrival
from shared.queries.prelude import tables_of

_EARLY = timedelta(minutes=10)  # after the opening; what has arrived by then is no chance
# Of the bad events of the breach, before a cause is told; and of those that are there, which an early cause explains.
_ENOUGH_RATIO = 0.5
_ALL_RATIO = 0.8  # of the time of the breach whose rows have arrived, before a cause is ruled out


def as_arrived(diagnosis: Diagnosis, incident: Incident, now: datetime) -> Diagnosis:
    """Return a diagnosis of an incident that tells no cause, and rules none out, before the rows of the breach are there."""
    if diagnosis.conclusion in {Conclusion.NO_DATA, Conclusion.FAILED}:
        return diagnosis
    findings = tuple(_not_yet_ruled_out(finding, incident, now) for finding in diagnosis.findings)
    reason = _too_early(diagnosis, incident, now)
    if reason:
        findings = tuple(_withheld(finding, diagnosis, reason) for finding in findings)
    if findings == diagnosis.findings:
        return diagnosis
    ranked = rank(findings, diagnosis.symptom.verdict)
    # Some rows there are: without any the conclusion would be `no-data`.
    return conclude(replace(diagnosis, findings=ranked), rows=1)


def _too_early(diagnosis: Diagnosis, incident: Incident, now: datetime) -> str:
    """Say why a cause is not told yet; "" where it may be."""
    if diagnosis.cause is None or now >= incident.begun_at + _EARLY:
        return ""
    cause = diagnosis.finding(diagnosis.cause)
    if not cause.evidence.query or cause.kind not in DIRECT:
        return ""
    if _is_before(diagnosis, cause, incident):
        return "No row of the failures themselves has arrived yet."
    seen = diagnosis.symptom.numbers.get("Bad")
    if isinstance(seen, int | float) and seen < _ENOUGH_RATIO * incident.bad:
        return f"Only {seen:,.0f} of {incident.bad:,.0f} bad events have arrived yet."
    if cause.evidence.strength < _ENOUGH_RATIO:
        return "So early it must explain half of the bad events, for others are still arriving."
    return ""


def _is_before(diagnosis: Diagnosis, cause: Finding, incident: Incident) -> bool:
    """Tell whether all rows that a cause rests on are older than the failures that it shall explain."""
    read = tables_of(cause.evidence.query)
    newest = [one.last for one in diagnosis.coverage if one.table in read and one.last is not None]
    return bool(newest) and max(newest) < incident.onset


def _withheld(finding: Finding, diagnosis: Diagnosis, reason: str) -> Finding:
    is_supported = finding.evidence.verdict is Verdict.SUPPORTED
    if not is_supported or is_benign(finding, diagnosis.symptom.verdict):
        return finding
    return _undecided(finding, f"{finding.evidence.summary} {reason}")


def _not_yet_ruled_out(finding: Finding, incident: Incident, now: datetime) -> Finding:
    evidence = finding.evidence
    if evidence.verdict is not Verdict.REFUTED or not evidence.query:
        return finding
    delay = _delay(evidence)
    if _arrived_ratio(incident, now - delay) >= _ALL_RATIO:
        return finding
    minutes = delay // timedelta(minutes=1)
    return _undecided(
        finding, f"Not ruled out yet, rows come up to {minutes} minutes late: {evidence.summary}"
    )


def _delay(evidence: Evidence) -> timedelta:
    return max(map(latest_arrival, tables_of(evidence.query)), default=timedelta(0))


def _arrived_ratio(incident: Incident, until: datetime) -> float:
    """Return the share of the time of a breach of which every row has arrived, 0..1."""
    length = incident.last_bad - incident.onset
    arrived = min(incident.last_bad, until) - incident.onset
    return max(0.0, arrived / length) if length > timedelta(0) else 1.0


def _undecided(finding: Finding, summary: str) -> Finding:
    evidence = replace(finding.evidence, verdict=Verdict.INCONCLUSIVE, summary=summary)
    return replace(finding, evidence=evidence, consequence_of=None)
