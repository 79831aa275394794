"""Write the report of an incident that ends."""

from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.ports import Rooms
from shared.incidents.report.incident_report import write_closing_report
from shared.objectives.budget import PERIOD, error_budget
from shared.playbooks.stored import decode_diagnosis


def report_name(incident: Incident) -> str:
    """Return the name of an ended incident's report; each ending has its own.

    Without the moment in it, an ending that fell over after its report was kept could never be stored: a later one
    has another text, and a document does not change.
    """
    ended = f"{incident.closed_at:%Y%m%dT%H%M%S%fZ}" if incident.closed_at else "open"
    return f"reports/{incident.id}/{ended}.md"


def keep_report(rooms: Rooms, incident: Incident, now: datetime) -> None:
    """Keep the report of an incident that is about to be stored as ended; a repeat changes nothing."""
    stored = rooms.documents.get(incident.document) if incident.document else None
    report = write_closing_report(
        incident,
        rooms.playbooks[incident.symptom],
        diagnosis=decode_diagnosis(stored) if stored else None,
        budget_spent_ratio=_spent(rooms, incident, now),
        expected=rooms.severity.resolution.get(incident.severity),
        told=rooms.severity.told.get(incident.severity, ""),
        users=rooms.users,
    )
    rooms.documents.put(report_name(incident), report)


def _spent(rooms: Rooms, incident: Incident, now: datetime) -> float | None:
    """Return the largest share of a budget of 30 days that is spent, of the signals that were broken."""
    series = rooms.counts.read(incident.resource, now - PERIOD, now)
    budgets = (
        error_budget(rooms.objectives[signal], [one for one in series if one.signal == signal], now)
        for signal in incident.signals
        if signal in rooms.objectives  # an alert has none
    )
    return max((budget.spent_ratio for budget in budgets if budget is not None), default=None)
