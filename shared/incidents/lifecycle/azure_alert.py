"""Note on an incident what became of the alert in Azure that it began with."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import AlertState, Incident
from shared.incidents.lifecycle.timeline import noted


def alert_settled(incident: Incident, state: AlertState, text: str, now: datetime) -> Incident:
    """Return an incident whose alert needs this state no more; nothing stands on the timeline without a text."""
    latest = replace(incident, azure_alert_state=state)
    return noted(latest, now, "alert in Azure", text) if text else latest
