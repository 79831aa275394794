"""End an incident: write its report, store it, and tell people."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.perspectives import Perspective
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework, Policy
from shared.incidents.report.afterwards import Afterwards
from shared.incidents.report.alert_rule import propose
from shared.incidents.report.incident_report import write_closing_report
from shared.incidents.report.normal import Normals
from shared.incidents.store import stored_diagnosis
from shared.isolation import DATA_ERRORS, reason_of
from shared.objectives.budget import PERIOD, error_budget
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import without_page
from shared.redaction import escape_markdown
from shared.signals.counts import Count, Counts

_log = logging.getLogger(__name__)


def report_name(incident: Incident) -> str:
    """Return the name of an ended incident's report; each ending has its own.

    Without the moment in it, an ending that fell over after its report was kept could never be stored: a later one
    has another text, and a document does not change.
    """
    ended = f"{incident.closed_at:%Y%m%dT%H%M%S%fZ}" if incident.closed_at else "open"
    return f"reports/{incident.id}/{ended}.md"


@dataclass(frozen=True, slots=True)
class Ended:
    """What is known when an incident ends: each perspective on it, and what depends on its resource where known."""

    perspectives: Sequence[Perspective] = ()
    dependents: Sequence[str] | None = None


def close(
    casework: Casework,
    policy: Policy,
    counts: Counts,
    incident: Incident,
    now: datetime,
    *,
    ended: Ended | None = None,
) -> Incident:
    """Store an incident that has ended, its report first; return it as it then is.

    Raises:
        LostRaceError: another instance wrote first.
    """
    report = _report_or_why_not(casework, policy, counts, incident, now, ended=ended or Ended())
    casework.documents.put(report_name(incident), report)
    return saved_and_notified(casework, casework.incidents.save(incident), now)


def _report_or_why_not(
    casework: Casework, policy: Policy, counts: Counts, incident: Incident, now: datetime, *, ended: Ended
) -> str:
    """Return the report; what cannot be written must not keep an incident open."""
    try:
        return _report(casework, policy, counts, incident, now, ended=ended)
    except DATA_ERRORS as error:
        _log.exception("the report of %s could not be written", incident.id)
        return f"# Incident {incident.id}\n\nIts report could not be written: {escape_markdown(reason_of(error))}\n"


def _report(
    casework: Casework, policy: Policy, counts: Counts, incident: Incident, now: datetime, *, ended: Ended
) -> str:
    """Write the report of an incident that is about to be stored as ended; a repeat changes nothing."""
    diagnosis = stored_diagnosis(casework.documents, incident)
    series = counts.read(incident.resource, now - PERIOD, now)
    normals = Normals(counts, casework.incidents, policy.objectives)
    return write_closing_report(
        incident,
        policy.playbooks.get(incident.symptom) or without_page(incident.symptom),
        diagnosis=diagnosis,
        budget_spent_ratio=_spent(policy, series, incident, now),
        expected=policy.severity.resolution.get(incident.severity),
        audience=policy.severity.audience(incident.severity),
        users=policy.users,
        afterwards=_afterwards(policy, normals, incident, diagnosis=diagnosis, series=series, ended=ended),
    )


def _afterwards(
    policy: Policy,
    normals: Normals,
    incident: Incident,
    *,
    diagnosis: Diagnosis | None,
    series: Sequence[Count],
    ended: Ended,
) -> Afterwards:
    proposal = propose(
        incident,
        policy.playbooks.get(incident.symptom) or without_page(incident.symptom),
        policy.resource(incident.resource),
        objectives=policy.objectives,
        series=series,
        apart=normals.apart(incident),
        missing=diagnosis.missing if diagnosis else (),
    )
    return Afterwards(normals.lines(incident), ended.perspectives, ended.dependents, proposal)


def _spent(policy: Policy, series: Sequence[Count], incident: Incident, now: datetime) -> float | None:
    """Return the largest share of a budget of 30 days that is spent, of the signals that were broken."""
    budgets = (
        error_budget(policy.objectives[signal], [count for count in series if count.signal == signal], now)
        for signal in incident.signals
        if signal in policy.objectives  # an alert has none
    )
    return max((budget.spent_ratio for budget in budgets if budget is not None), default=None)
