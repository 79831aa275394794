"""Take an alert into the incident of its resource and symptom, and tell when only its end is left to wait for."""

from datetime import datetime
from functools import partial

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.alert_rules import alert_resolved
from shared.incidents.lifecycle.states import resource_key
from shared.incidents.open import open_or_join
from shared.incidents.ports import Casework
from shared.incidents.store import Alerts
from shared.objectives.breach import ALERT, Breach
from shared.races import until_won

_TRIES = 8  # against other instances; who loses every race is brought again by the queue


def place_of(resource: str, symptom: str) -> str:
    """Return the place at which the alerts of a resource's symptom are noted."""
    return f"{resource_key(resource)}.{symptom}"


def alerts_are_over(alerts: Alerts, incident: Incident) -> bool:
    """Tell whether alerts alone speak of an incident, and each that fired since it began is resolved."""
    if not incident.signals or not all(name.startswith(ALERT) for name in incident.signals):
        return False
    return not alerts.is_firing(place_of(incident.resource, incident.symptom), incident.onset)


def take_fired(casework: Casework, breach: Breach, severity: int, now: datetime) -> Incident | None:
    """Open the incident of an alert or join its open one; None where its incident closed after it fired.

    Raises:
        LostRaceError: other instances were first, again and again.
    """
    return open_or_join(casework, breach, lambda _: severity, now, tries=_TRIES)


def take_resolved(casework: Casework, resource: str, symptom: str, rule: str, now: datetime) -> None:
    """Note on the open incident that an alert is resolved.

    Raises:
        LostRaceError: other instances were first, again and again.
    """
    until_won(partial(_take_resolved_once, casework, resource, symptom, rule, now), tries=_TRIES)


def _take_resolved_once(casework: Casework, resource: str, symptom: str, rule: str, now: datetime) -> None:
    current = casework.incidents.current(resource, symptom)
    changed = alert_resolved(current, rule, now) if current else None
    if changed is not None and changed != current:
        casework.incidents.save(changed)
