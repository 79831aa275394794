"""End an incident: write its report, store it, and tell people."""

from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework, Policy
from shared.incidents.report.incident_report import write_closing_report
from shared.incidents.store import Documents
from shared.objectives.budget import PERIOD, error_budget
from shared.playbooks.playbook import without_page
from shared.playbooks.stored import decode_diagnosis
from shared.signals.counts import Counts


def report_name(incident: Incident) -> str:
    """Return the name of an ended incident's report; each ending has its own.

    Without the moment in it, an ending that fell over after its report was kept could never be stored: a later one
    has another text, and a document does not change.
    """
    ended = f"{incident.closed_at:%Y%m%dT%H%M%S%fZ}" if incident.closed_at else "open"
    return f"reports/{incident.id}/{ended}.md"


def close(casework: Casework, policy: Policy, counts: Counts, incident: Incident, now: datetime) -> Incident:
    """Store an incident that has ended, its report first; return it as it then is.

    Raises:
        LostRaceError: another instance wrote first.
    """
    _keep_report(casework.documents, policy, counts, incident, now)
    return saved_and_notified(casework, casework.incidents.save(incident), now)


def _keep_report(
    documents: Documents, policy: Policy, counts: Counts, incident: Incident, now: datetime
) -> None:
    """Keep the report of an incident that is about to be stored as ended; a repeat changes nothing."""
    document = documents.get(incident.document) if incident.document else None
    report = write_closing_report(
        incident,
        policy.playbooks.get(incident.symptom) or without_page(incident.symptom),
        diagnosis=decode_diagnosis(document) if document else None,
        budget_spent_ratio=_spent(policy, counts, incident, now),
        expected=policy.severity.resolution.get(incident.severity),
        audience=policy.severity.told.get(incident.severity, ""),
        users=policy.users,
    )
    documents.put(report_name(incident), report)


def _spent(policy: Policy, counts: Counts, incident: Incident, now: datetime) -> float | None:
    """Return the largest share of a budget of 30 days that is spent, of the signals that were broken."""
    series = counts.read(incident.resource, now - PERIOD, now)
    budgets = (
        error_budget(policy.objectives[signal], [count for count in series if count.signal == signal], now)
        for signal in incident.signals
        if signal in policy.objectives  # an alert has none
    )
    return max((budget.spent_ratio for budget in budgets if budget is not None), default=None)
