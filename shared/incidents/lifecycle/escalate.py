"""Escalate an incident that nobody acknowledges: once for each next receiver of its route."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.clock import is_astray
from shared.incidents.incident import Call, EntryKind, Incident, Milestone, Notification, State
from shared.incidents.lifecycle.timeline import noted, short
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
    call = Call(incident.notified_at, incident.notified_receivers)
    state = Notification(incident.revision + 1, Milestone.ESCALATED)
    latest = replace(
        incident,
        escalations=incident.escalations + 1,
        unanswered=call,
        unnotified=(*incident.unnotified, state),
    )
    return noted(latest, now, str(Milestone.ESCALATED), call_text(call))


def call_text(call: Call) -> str:
    """Say whom a call reached and when, and that nobody answered it."""
    receivers = f" to {', '.join(call.receivers)}" if call.receivers else ""
    return short(f"told{receivers} at {moment(call.at)}, and nobody acknowledged it")


def is_overdue(incident: Incident, now: datetime) -> bool:
    """Tell whether somebody should have acknowledged it by now."""
    return (
        incident.severity <= _SEVEREST
        and incident.joined_to is None
        # What is being validated may have been taken on before.
        and not {incident.state, incident.state_before_validation} & _TAKEN_ON
        and not incident.unnotified
        and incident.answers_due_at is None
        and incident.notified_at is not None
        and (now - incident.notified_at >= AFTER or is_astray(incident.notified_at, now))
        and incident.acknowledgement is None
    )


def notified_late(incident: Incident, now: datetime) -> Incident:
    """Note that people were told of an open incident for the first time, in a digest; doing so again changes nothing."""
    if incident.notified_at is not None or not incident.is_open:
        return incident
    return noted(
        replace(incident, notified_at=now, notified_receivers=()),
        now,
        "told: in a digest",
        kind=EntryKind.NOTICE,
    )
