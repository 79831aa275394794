"""Join what Microsoft declared meanwhile to the open incidents."""

from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.declare import lifted, with_declared
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework
from shared.races import LostRaceError


def join_declared(casework: Casework, now: datetime) -> tuple[Incident, ...]:
    """Join the declared incidents to each open incident that they may explain; return the incidents that changed."""
    changed = (_joined(casework, incident, now) for incident in casework.incidents.open_ones())
    return tuple(incident for incident in changed if incident is not None)


def _joined(casework: Casework, incident: Incident, now: datetime) -> Incident | None:
    concerns = casework.declarations.about(incident.resource) if incident.is_open else ()
    latest = lifted(with_declared(incident, concerns, now, is_new=False), concerns, now)
    if latest is incident:
        return None
    try:
        return saved_and_notified(casework, casework.incidents.save(latest), now)
    except LostRaceError:
        return None  # another instance wrote; the next minute finds it again
