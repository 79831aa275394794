"""Escalate an incident that nobody acknowledges: once for each next receiver of its route."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.incidents.incident import Incident, Milestone, Notification, State
from shared.incidents.lifecycle.respond import acknowledgement
from shared.incidents.lifecycle.timeline import added
from shared.incidents.wording import moment

AFTER = timedelta(minutes=15)
_SEVEREST = 2  # a milder one can wait for whoever was told
_TAKEN_ON = {State.ACKNOWLEDGED, State.MITIGATING, State.RESOLVED}


def escalated(incident: Incident, steps: Callable[[Incident], int], now: datetime) -> Incident:
    """Return the incident with one more escalation to tell, or the same one where none is due.

    `steps` tells how many receivers may be next by now; it is asked only where somebody should be.
    """
    if (
        not is_overdue(incident, now)
        or incident.notified_at is None
        or incident.escalations >= steps(incident)
    ):
        return incident
    told = next((one.text for one in reversed(incident.timeline) if one.what.startswith("told: ")), "")
    text = f"told {told} at {moment(incident.notified_at)}, and nobody acknowledged it".replace("  ", " ")
    state = Notification(incident.revision + 1, Milestone.ESCALATED)
    return replace(
        incident,
        escalations=incident.escalations + 1,
        timeline=added(incident.timeline, now, str(Milestone.ESCALATED), text),
        unnotified=(*incident.unnotified, state),
    )


def is_overdue(incident: Incident, now: datetime) -> bool:
    """Tell whether somebody should have acknowledged it by now."""
    return (
        incident.severity <= _SEVEREST
        and incident.joined_to is None
        and incident.state not in _TAKEN_ON
        and not incident.unnotified
        and incident.notified_at is not None
        and now - incident.notified_at >= AFTER
        and acknowledgement(incident) is None  # what is being validated may have been taken on before
    )


def notified_late(incident: Incident, now: datetime) -> Incident:
    """Note that people were told of an open incident for the first time, in a digest; doing so again changes nothing."""
    if incident.notified_at is not None or not incident.is_open:
        return incident
    return replace(incident, notified_at=now, timeline=added(incident.timeline, now, "told: in a digest"))
