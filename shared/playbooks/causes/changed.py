"""Put recent changes beside diagnoses, the most relevant first, and take blame from those that changed nothing of the service."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.context.change import Change, Topic
from shared.context.changes import ChangeReading, read_changes
from shared.context.history.ranking import Bearing, ranked
from shared.context.ports import ContextSources
from shared.playbooks.diagnosis import Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.playbook import Playbook
from shared.queries.run import Run

# How much what a hypothesis needs bears on the symptom, by what its check found; the cause found goes before all.
_CAUSE = 1.0
_WEIGHTS = {
    Verdict.SUPPORTED: 0.8,
    Verdict.MINOR: 0.7,
    Verdict.INCONCLUSIVE: 0.6,
    Verdict.NO_DATA: 0.5,
    Verdict.FAILED: 0.5,
    Verdict.REFUTED: 0.3,
}
_ABSENT = frozenset({Verdict.REFUTED, Verdict.FAILED})
_LEAST_SHARE, _MINUTES = 0.3, 30.0  # as `besideChanges` of activity.kql
_KEY = "/regeneratekey/action"
_SERVICES = ("microsoft.signalrservice/", "microsoft.communication/")


def reading_for(
    diagnoses: Iterable[Diagnosis], run: Run, sources: ContextSources | None
) -> ChangeReading | None:
    """Read what changed, once for all diagnoses of a run; nothing where no symptom is there."""
    if run.breach is None and all(diagnosis.symptom.verdict in _ABSENT for diagnosis in diagnoses):
        return None
    return read_changes(run, sources)


def unblamed(diagnosis: Diagnosis, reading: ChangeReading | None) -> Diagnosis:
    """Return a diagnosis in which no write is blamed that is known to have changed nothing of how the service answers."""
    if reading is None or not any(change.is_unrelated for change in reading.changes):
        return diagnosis
    findings = (_unblamed(finding, reading.changes) for finding in diagnosis.findings)
    return replace(diagnosis, findings=tuple(findings))


def with_changes(
    diagnosis: Diagnosis, playbook: Playbook, reading: ChangeReading | None, start: datetime
) -> Diagnosis:
    """Return a diagnosis with the changes before its symptom; `start` stands for an onset that is not known."""
    if reading is None:
        return diagnosis
    onset = _onset(diagnosis)
    recent = ranked(
        reading.changes,
        reading.gaps,
        onset or start,
        _bearings(diagnosis, playbook),
        is_onset=onset is not None,
    )
    return replace(diagnosis, changes=recent)


def _onset(diagnosis: Diagnosis) -> datetime | None:
    """Return when the bad events began that the cause explains: others may have been there before."""
    cause = diagnosis.finding(diagnosis.cause).evidence.onset if diagnosis.cause else None
    return max(filter(None, (diagnosis.symptom.onset, cause)), default=None)


def _bearings(diagnosis: Diagnosis, playbook: Playbook) -> Mapping[Topic, Bearing]:
    bearings: dict[Topic, Bearing] = {}
    for finding in diagnosis.findings:  # best first
        is_cause = finding.hypothesis == diagnosis.cause
        weight = _CAUSE if is_cause else _WEIGHTS[finding.evidence.verdict]
        for topic in playbook.changes.get(finding.hypothesis, ()):
            if topic not in bearings or bearings[topic].weight < weight:
                bearings[topic] = Bearing(weight, finding.hypothesis)
    return bearings


def _unblamed(finding: Finding, changes: Sequence[Change]) -> Finding:
    """Weigh the change that a check names anew, where the nearest one is known to have changed nothing of the service."""
    since = _weighed_from(finding.evidence)
    if since is None:
        return finding
    before = [
        (gap, change)
        for change in changes
        if _is_setting(change) and (gap := change.before(since)) is not None
    ]
    before.sort(key=lambda pair: pair[0])
    if not before or not before[0][1].is_unrelated:
        return finding
    nearest = next(((gap, change) for gap, change in before if not change.is_unrelated), None)
    return replace(finding, evidence=_weighed(finding.evidence, before[0][1], nearest))


def _weighed_from(evidence: Evidence) -> datetime | None:
    """Return the onset against which a check weighed changes, None where it did not."""
    gap = evidence.numbers.get("Gap")
    if evidence.verdict is not Verdict.SUPPORTED or evidence.onset is None:
        return None
    if "Operation" not in evidence.numbers or not isinstance(gap, int | float):
        return None
    return evidence.onset + timedelta(minutes=gap)


def _is_setting(change: Change) -> bool:
    return change.what.startswith(_SERVICES) and not change.what.endswith(_KEY)


def _weighed(evidence: Evidence, unrelated: Change, nearest: tuple[timedelta, Change] | None) -> Evidence:
    paths = ", ".join(edit.path for edit in unrelated.edits[:3]) or "nothing of the service"
    said = f"The nearest write changed only {paths}"
    if nearest is None:
        summary = f"{said}, and no other change of the service came before the failures began."
        return replace(evidence, verdict=Verdict.REFUTED, strength=0.0, onset=None, summary=summary)
    minutes, change = nearest[0] / timedelta(minutes=1), nearest[1]
    strength = math.exp(-minutes / _MINUTES)
    summary = f"{said}; {change.what} was complete {minutes:.1f} minutes before the failures began."
    numbers = {**evidence.numbers, "Operation": change.what, "Gap": round(minutes, 1)}
    if strength < _LEAST_SHARE:
        return Evidence(Verdict.REFUTED, 0.0, summary, None, numbers, evidence.query, evidence.lacking)
    return Evidence(Verdict.SUPPORTED, round(strength, 6), summary, change.at, numbers, evidence.query)
