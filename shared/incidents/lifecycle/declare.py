"""Join what Microsoft declared to an incident: it lowers the severity by one step, and hides nothing."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.context.declared import Concern
from shared.context.service_health import LEAST_CLOSENESS, closeness, may_explain, over_at
from shared.incidents.incident import Declared, Incident, Milestone, Notification
from shared.incidents.lifecycle.states import graded
from shared.incidents.lifecycle.timeline import noted, short

PLATFORM = "platform-incident"  # the hypothesis whose cause is what Microsoft declared
_LOWEST = 4
_MOST = 5  # of an incident
_GOES_ON = timedelta(minutes=15)  # after the end of what was declared; then it does not explain the failures


def with_declared(
    incident: Incident, concerns: Iterable[Concern], now: datetime, *, is_new: bool
) -> Incident:
    """Join the declared incidents that may explain an open one; the same again change nothing.

    One of the service of the resource itself, that began near the failures, lowers the severity, once. What joins later than `is_new` is told.
    """
    if not incident.is_open:
        return incident
    known = {declared.tracking_id for declared in incident.declared}
    fitting = [
        concern
        for concern in concerns
        if concern.event.tracking_id not in known and may_explain(concern.event, incident.onset)
    ][: _MOST - len(known)]
    if not fitting:
        return incident
    latest = replace(incident, declared=(*incident.declared, *map(_declared, fitting)))
    for concern in fitting:
        latest = noted(latest, now, "declared by Microsoft", f"{concern.event.name}: {concern.event.title}")
    if any(_excuses(latest, concern) for concern in fitting):
        latest = _demoted(latest, now)
    return latest if is_new else _told(latest)


def beside_declared(severity: int, incident: Incident | None) -> int:
    """Return what a severity is beside what Microsoft declared: one step lower while that may explain the incident."""
    if incident is None or not incident.is_open or incident.demoted_from is None:
        return severity
    return min(severity + 1, _LOWEST)


def lifted(incident: Incident, concerns: Collection[Concern], now: datetime) -> Incident:
    """Take back the lower severity where something else is the matter: another cause, or failures after all is over."""
    before = incident.demoted_from
    if before is None:
        return incident
    if incident.cause not in {None, PLATFORM}:
        return _lifted(incident, before, f"the cause is another one, {incident.cause}", now)
    joined = {declared.tracking_id for declared in incident.declared if declared.is_own}
    own = [concern for concern in concerns if concern.is_own and concern.event.tracking_id in joined]
    if own and all(_is_past(incident, concern) for concern in own):
        return _lifted(incident, before, "the failures go on after the end of what Microsoft declared", now)
    return incident


def _lifted(incident: Incident, severity: int, why: str, now: datetime) -> Incident:
    latest = replace(noted(incident, now, "severity no longer lowered", why), demoted_from=None)
    return graded(latest, severity, now)


def _demoted(incident: Incident, now: datetime) -> Incident:
    severity = min(incident.severity + 1, _LOWEST)
    if (
        incident.demoted_from is not None
        or incident.cause not in {None, PLATFORM}
        or severity == incident.severity
    ):
        return incident
    lower = replace(incident, severity=severity, demoted_from=incident.severity)
    return noted(
        lower, now, "severity lowered", f"from {incident.severity} to {severity}, for Microsoft declared it"
    )


def _excuses(incident: Incident, concern: Concern) -> bool:
    is_near = closeness(concern.event, incident.onset) >= LEAST_CLOSENESS
    return concern.is_own and concern.is_placed and is_near and not _is_past(incident, concern)


def _is_past(incident: Incident, concern: Concern) -> bool:
    end = over_at(concern.event)
    return end is not None and incident.last_bad > end + _GOES_ON


def _declared(concern: Concern) -> Declared:
    event = concern.event
    return Declared(
        event.tracking_id, short(event.name, 200), short(event.title, 200), event.link, concern.is_own
    )


def _told(incident: Incident) -> Incident:
    state = Notification(incident.revision + 1, Milestone.DECLARED)
    return replace(incident, unnotified=(*incident.unnotified, state))
