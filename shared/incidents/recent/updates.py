"""Say of an open incident at an interval that it is still open, and how it stands; any card of its fault says so, too."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.clock import is_astray
from shared.incidents.incident import Incident, Milestone, State
from shared.incidents.lifecycle.graph import must_tell


def is_update_due(incident: Incident, interval: timedelta | None, now: datetime) -> bool:
    """Tell whether people wait for an update: an interval ago they were last sent its numbers, and it goes on.

    One that stopped failing has one more update, which says so; one that is validated waits for its end, which is near;
    one that keeps coming back is damped. `interval` is None where its severity has none.
    """
    shown_at = _shown_at(incident, now)
    if interval is None or shown_at is None or not incident.is_open:
        return False
    is_quiet = incident.is_flapping or incident.state is State.VALIDATING or incident.joined_to is not None
    return (
        not is_quiet
        and not incident.unnotified
        and now - shown_at >= interval
        and _goes_on(incident, shown_at - interval)
    )


def updated(incident: Incident, now: datetime) -> Incident:
    """Return an incident that owes an update; that says who has it, so that no card of its own has to."""
    latest = replace(incident, shown_at=now, answers_due_at=None, told_standing=incident.standing)
    return must_tell(latest, Milestone.UPDATE)


def put_off(incident: Incident, now: datetime) -> Incident:
    """Return an incident whose update is left out, as in a silence, whose digest tells how it stands."""
    return replace(incident, shown_at=now)


def _shown_at(incident: Incident, now: datetime) -> datetime | None:
    """Return when people were last sent its numbers, or told that it needs them: in a digest, or by an earlier version."""
    shown_at = incident.shown_at or incident.notified_at
    return incident.onset if shown_at is not None and is_astray(shown_at, now) else shown_at


def _goes_on(incident: Incident, since: datetime) -> bool:
    """Tell whether it failed since the card before the last one, or an alert fires still."""
    return any(rule.is_firing for rule in incident.alert_rules.values()) or incident.last_bad > since
