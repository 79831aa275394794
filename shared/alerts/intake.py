"""Take an alert in: into the incident that it means, or, where it fits none, to people as it is, once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.alerts.alert import Alert
from shared.alerts.inbox import Announcer
from shared.alerts.meaning import AlertContext, AlertMeaning, FitReason, meaning_of
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import OTHER
from shared.incidents.alerted import place_of, take_fired, take_resolved
from shared.incidents.ports import Rooms
from shared.incidents.wording import moment, resource_name
from shared.objectives.breach import ALERT, Breach
from shared.signals.signal import BUCKET, bucket_of


class Taken(StrEnum):
    """What became of an alert."""

    JOINED = "it opened or joined its incident"
    LATE = "its incident had ended after it fired"
    NOTED = "its end is noted"
    ANNOUNCED = "it fits no incident and was told as it is"
    KNOWN = "it was taken before"


@dataclass(frozen=True, slots=True)
class Intake:
    """What alerts are taken in with."""

    rooms: Rooms
    known: AlertContext
    announcer: Announcer


def take_in(intake: Intake, alert: Alert, now: datetime) -> Taken:
    """Take an alert in. Whoever falls over between two writes does the same again, and its Resolved may come first."""
    meaning = meaning_of(alert, intake.known)
    if meaning.reason is FitReason.FITS and meaning.resource is not None:
        return _into_incident(intake, alert, meaning.resource, meaning.symptom, now)
    return _announced(intake, alert, meaning, now)


def _into_incident(
    intake: Intake, alert: Alert, resource: WatchedResource, symptom: str, now: datetime
) -> Taken:
    alerts, place = intake.rooms.alerts, place_of(resource.id, symptom)
    seen = alerts.seen(place, alert.id)
    if seen.fired if alert.fired else seen.resolved:
        return Taken.KNOWN
    if not alert.fired:
        if seen.fired:
            take_resolved(intake.rooms, resource.id, symptom, alert.title, now)
        alerts.resolved(place, alert.id, alert.fired_at)
        return Taken.NOTED
    breach = _breach(intake, alert, resource, symptom, now)
    incident = take_fired(intake.rooms, breach, _severity(intake, alert, resource), now)
    if seen.resolved:  # the queue keeps no order
        take_resolved(intake.rooms, resource.id, symptom, alert.title, now)
    alerts.fired(place, alert.id, alert.fired_at)  # last: whoever falls over before this joins the same again
    return Taken.JOINED if incident else Taken.LATE


def _breach(intake: Intake, alert: Alert, resource: WatchedResource, symptom: str, now: datetime) -> Breach:
    """Return what an alert says in the words of our own watch; the bucket in which it fired is the bad one."""
    bucket = bucket_of(min(alert.fired_at, now))
    return Breach(
        resource=resource.id,
        signal=ALERT + alert.title,
        symptom=symptom,
        rule=alert.title,
        onset=bucket,
        last_bad=bucket + BUCKET,
        bad=0,
        total=0,
        peak_ratio=0,
        alert=_shown(intake, alert.text) or str(alert.variant),
    )


def _severity(intake: Intake, alert: Alert, resource: WatchedResource) -> int:
    """Return the severity that the rule gives, Sev0 and Sev1 being 1; no worse than its environment allows."""
    rules = intake.rooms.severity
    own = rules.otherwise if alert.severity is None else max(1, alert.severity)
    cap = rules.environments.get(resource.environment.lower(), rules.environments.get(OTHER, 1))
    return max(own, cap)


def _announced(intake: Intake, alert: Alert, meaning: AlertMeaning, now: datetime) -> Taken:
    alerts, place = intake.rooms.alerts, f"unfit.{alert.id[:2]}"
    seen = alerts.seen(place, alert.id)
    if not alert.fired:
        if seen.fired:
            _announce(intake, alert, "", now)
        alerts.resolved(place, alert.id, alert.fired_at)
        return Taken.ANNOUNCED if seen.fired else Taken.NOTED
    over = "Azure says that it is resolved already. " if seen.resolved else ""
    _announce(intake, alert, f"{over}Not diagnosed: {meaning.reason}. {meaning.advice}", now)
    alerts.fired(place, alert.id, alert.fired_at)
    return Taken.ANNOUNCED


def _announce(intake: Intake, alert: Alert, remark: str, now: datetime) -> None:
    title = f"{'Alert' if alert.fired else 'Alert resolved'}: {alert.title}"
    text = "\n\n".join(one for one in (_head(alert), _sentence(alert.text), remark) if one)
    intake.announcer.announce(
        f"alert {alert.key}", _shown(intake, title), _shown(intake, text), now, alert.link
    )


def _head(alert: Alert) -> str:
    kind = str(alert.variant) if alert.severity is None else f"Sev{alert.severity} {alert.variant}"
    where = ", ".join(resource_name(one) for one in alert.targets[:3])
    ended = f", resolved {moment(alert.resolved_at)}" if alert.resolved_at and not alert.fired else ""
    on = f" on {where}" if where else ""
    return f"{kind[0].upper()}{kind[1:]}{on}, fired {moment(alert.fired_at)}{ended}."


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}." if text else ""


def _shown(intake: Intake, text: str) -> str:
    return intake.rooms.users.hide_in(text)
