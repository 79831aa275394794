"""Diagnose an incident: run its playbook on what has arrived, keep what was found, and say when to diagnose again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.resources import WatchedResource
from shared.incidents.grade import severity_of_incident
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.declare import beside_declared, lifted
from shared.incidents.lifecycle.early import as_arrived
from shared.incidents.lifecycle.states import diagnosed, graded, joined
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework, Policy, SignalSources
from shared.incidents.schedule import is_diagnosis_due, is_last, next_diagnosis
from shared.incidents.store import Incidents
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.run import diagnose_together
from shared.playbooks.stored import encode_diagnosis
from shared.queries.run import Run
from shared.queries.scope import LOOKBACK, Scope, Window
from shared.races import LostRaceError
from shared.signals.metrics.poll import region_of
from shared.signals.regions import learnt_regions

BEFORE = timedelta(minutes=30)  # what was usual before the first bad bucket
_MOMENT = timedelta(seconds=1)
AFTER = timedelta(minutes=5)  # what the last bad bucket led to


@dataclass(frozen=True, slots=True)
class IncidentDiagnosis:
    """One diagnosis that was made and kept, and the incident as it then is."""

    incident: Incident
    diagnosis: Diagnosis


def diagnose_incident(
    sources: SignalSources, policy: Policy, casework: Casework, incident_id: str, now: datetime
) -> IncidentDiagnosis | None:
    """Diagnose an incident if that is due; a message that comes twice or too late does nothing."""
    incident = casework.incidents.get(incident_id)
    if incident is None or not _is_due(incident, now):
        return None
    resource = policy.resource(incident.resource)
    if resource is None or incident.symptom not in policy.playbooks:
        return None  # watched no more, or its page cannot be read: the tracker closes it in its time
    playbooks = _playbooks(policy, casework.incidents, incident, now)
    run = _run(sources, incident, resource, now)
    latest, *_ = diagnose_together(playbooks, run, policy.playbooks, sources.context)
    diagnosis = redact_diagnosis(as_arrived(latest, incident, now), policy.users)
    try:
        return IncidentDiagnosis(_kept(policy, casework, incident, diagnosis, now), diagnosis)
    except LostRaceError:
        return None  # another instance changed it: the diagnosis is still due and comes again


def window_of(incident: Incident, now: datetime) -> Window:
    """Return the window that a diagnosis reads: from before the first bad bucket to after the last one."""
    end = min(now, incident.last_bad + AFTER)
    return Window(max(min(incident.onset, end) - BEFORE, end - LOOKBACK), end)


def _is_due(incident: Incident, now: datetime) -> bool:
    return incident.is_open and is_diagnosis_due(incident, now)


def _playbooks(policy: Policy, incidents: Incidents, incident: Incident, now: datetime) -> list[Playbook]:
    """Return the playbooks of all symptoms that the resource has, so that a consequence is seen as one."""
    others = [other.symptom for other in incidents.of_resource(incident.resource, now) if other.is_open]
    symptoms = dict.fromkeys([incident.symptom, *others])
    return [policy.playbooks[symptom] for symptom in symptoms if symptom in policy.playbooks]


def _run(sources: SignalSources, incident: Incident, resource: WatchedResource, now: datetime) -> Run:
    window = window_of(incident, now)
    return Run(
        sources.logs_over(resource.workspaces),
        Scope((resource.id,), window, resource.apps),
        breach=Window(max(min(incident.onset, window.end - _MOMENT), window.start), window.end),
        metrics=sources.metrics,
        region=region_of(resource, learnt_regions([resource], sources.learned.regions)),
    )


def _kept(
    policy: Policy, casework: Casework, incident: Incident, diagnosis: Diagnosis, now: datetime
) -> Incident:
    text = encode_diagnosis(diagnosis)
    # Before the row that points to it. A diagnosis that fell over in between leaves a document that nothing names.
    document = f"diagnoses/{incident.id}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    casework.documents.put(document, text)
    planned = policy.playbooks[incident.symptom].diagnosis_delays
    latest = diagnosed(
        incident,
        conclusion=str(diagnosis.conclusion),
        cause=diagnosis.cause,
        document=document,
        users=_users(diagnosis),
        next_diagnosis_at=next_diagnosis(incident, planned, now, cause=diagnosis.cause),
        is_last=is_last(incident, planned, now),
        now=now,
        text=_said(diagnosis),
    )
    if latest.demoted_from is not None:
        latest = lifted(latest, casework.declarations.about(incident.resource), now)
    latest = graded(latest, beside_declared(severity_of_incident(policy, latest), latest), now)
    origin = _origin(casework.incidents, incident, diagnosis)
    if origin is not None:
        latest = joined(latest, origin, now)
    return saved_and_notified(casework, casework.incidents.save(latest), now)


def _said(diagnosis: Diagnosis) -> str:
    if diagnosis.cause is None:
        return f"{diagnosis.conclusion}: {diagnosis.symptom.summary}"
    return f"{diagnosis.cause}: {diagnosis.finding(diagnosis.cause).evidence.summary}"


def _users(diagnosis: Diagnosis) -> int | None:
    """Return how many users were hit, where a check counted them."""
    numbers = [diagnosis.symptom.numbers, *(finding.evidence.numbers for finding in diagnosis.findings[:1])]
    counts = [values["Users"] for values in numbers if isinstance(values.get("Users"), int | float)]
    return int(str(counts[0])) if counts else None


def _origin(incidents: Incidents, incident: Incident, diagnosis: Diagnosis) -> Incident | None:
    """Return the open incident of another symptom whose consequence this one is."""
    top = diagnosis.findings[0] if diagnosis.cause and diagnosis.findings else None
    playbook = (top.consequence_of or "").rpartition("/")[0] if top else ""
    if not playbook or playbook == incident.symptom:
        return None
    other = incidents.current(incident.resource, playbook)
    return other if other and other.is_open and other.joined_to != incident.id else None
