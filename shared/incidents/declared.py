"""Join what Microsoft declared meanwhile to the open incidents."""

from collections.abc import Collection
from datetime import datetime

from shared.context.declared import Concern
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.declare import lifted, with_declared
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework
from shared.isolation import Isolation


def join_declared(casework: Casework, now: datetime) -> tuple[Incident, ...]:
    """Join the declared incidents to each open incident that they may explain; return the incidents that changed."""
    incidents = casework.incidents.open_ones()
    about = casework.declarations.about_each(
        {incident.resource for incident in incidents if incident.is_open}
    )
    changed: list[Incident] = []
    isolation = Isolation("declared incidents", casework.troubles)
    for incident in incidents:
        # Where another instance was first, the next minute finds it again.
        with isolation.item(incident.id):
            joined = _joined(casework, incident, about[incident.resource] if incident.is_open else (), now)
            if joined is not None:
                changed.append(joined)
    isolation.end()
    return tuple(changed)


def _joined(
    casework: Casework, incident: Incident, concerns: Collection[Concern], now: datetime
) -> Incident | None:
    latest = lifted(with_declared(incident, concerns, now, is_new=False), concerns, now)
    if latest is incident:
        return None
    return saved_and_notified(casework, casework.incidents.save(latest), now)
