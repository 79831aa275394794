"""Take an alert into the incident that it means; announce it to people once, as it is, where it means none."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.alerts.alert import Alert
from shared.alerts.drill import DrillAnnouncer
from shared.alerts.inbox import Announcer
from shared.alerts.meaning import AlertContext, AlertMeaning, FitReason, meaning_of
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import OTHER, SeverityRules
from shared.incidents.alerted import place_of, take_fired, take_resolved
from shared.incidents.ports import Casework
from shared.incidents.store import Claim
from shared.incidents.wording import moment, resource_name
from shared.objectives.breach import ALERT, Breach
from shared.redaction import UserIds
from shared.signals.signal import BUCKET, bucket_of

MISSED = "Azure's delivery was missed, and Linekeeper found this alert itself. "


class IntakeOutcome(StrEnum):
    """What happened to an alert."""

    JOINED = "it opened or joined its incident"
    LATE = "its incident had ended after it fired"
    NOTED = "its end is noted"
    ANNOUNCED = "it fits no incident and was told as it is"
    KNOWN = "it was taken before"


@dataclass(frozen=True, slots=True)
class Intake:
    """Dependencies of `take_in`."""

    casework: Casework
    severity: SeverityRules
    users: UserIds
    context: AlertContext
    announcer: Announcer
    drills: DrillAnnouncer | None = None  # None where nobody hears of drills


def take_in(intake: Intake, alert: Alert, now: datetime) -> IntakeOutcome:
    """Take an alert into its incident, or announce it.

    Safe to repeat after a crash between any two writes. Its Resolved may come before its Fired. One that was found and
    is delivered after all is one alert.
    """
    alert = _claimed(intake, alert)
    meaning = meaning_of(alert, intake.context)
    if meaning.reason is FitReason.FITS and meaning.resource is not None:
        return _into_incident(intake, alert, meaning.resource, meaning.symptom, now)
    return _announce_unfit(intake, alert, meaning, now)


def _claimed(intake: Intake, alert: Alert) -> Alert:
    """Return an alert under the occurrence by which Azure's alert of its id is known here, if one of both was found."""
    if not alert.azure_guid:
        return alert
    first = intake.casework.alerts.claim(alert.azure_guid, Claim(alert.id, alert.is_found))
    # Deliveries tell their own occurrences apart.
    if not alert.is_found and not first.is_found:
        return alert
    return replace(alert, id=first.occurrence, is_found=True)


def _into_incident(
    intake: Intake, alert: Alert, resource: WatchedResource, symptom: str, now: datetime
) -> IntakeOutcome:
    alerts, place = intake.casework.alerts, place_of(resource.id, symptom)
    occurrence = alerts.seen(place, alert.id)
    if occurrence.fired if alert.fired else occurrence.resolved:
        return IntakeOutcome.KNOWN
    if not alert.fired:
        if occurrence.fired:
            take_resolved(intake.casework, resource.id, symptom, alert.title, now)
        alerts.resolved(place, alert.id, alert.fired_at)
        return IntakeOutcome.NOTED
    breach = _breach(intake, alert, resource, symptom, now)
    incident = take_fired(intake.casework, breach, _severity(intake, alert, resource), now)
    if occurrence.resolved:  # the queue keeps no order
        take_resolved(intake.casework, resource.id, symptom, alert.title, now)
    alerts.fired(place, alert.id, alert.fired_at)  # last: whoever falls over before this joins the same again
    return IntakeOutcome.JOINED if incident else IntakeOutcome.LATE


def _breach(intake: Intake, alert: Alert, resource: WatchedResource, symptom: str, now: datetime) -> Breach:
    """Return an alert as a breach of our own watch would be; its bad bucket is the one in which the alert fired."""
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
        alert=_found(alert) + (_masked(intake, alert.text) or str(alert.variant)),
        azure_alert=alert.azure_id,
    )


def _severity(intake: Intake, alert: Alert, resource: WatchedResource) -> int:
    """Return the severity of the rule, where Sev0 and Sev1 are both 1, but no worse than the environment allows."""
    rules = intake.severity
    own = rules.otherwise if alert.severity is None else max(1, alert.severity)
    cap = rules.environments.get(resource.environment.lower(), rules.environments.get(OTHER, 1))
    return max(own, cap)


def _announce_unfit(intake: Intake, alert: Alert, meaning: AlertMeaning, now: datetime) -> IntakeOutcome:
    alerts, place = intake.casework.alerts, f"unfit.{alert.id[:2]}"
    occurrence = alerts.seen(place, alert.id)
    if not alert.fired:
        if occurrence.fired:
            _announce(intake, alert, "", now)
        alerts.resolved(place, alert.id, alert.fired_at)
        return IntakeOutcome.ANNOUNCED if occurrence.fired else IntakeOutcome.NOTED
    if alert.is_found and occurrence.fired:
        return IntakeOutcome.KNOWN
    over = "Azure says that it is resolved already. " if occurrence.resolved else ""
    _announce(intake, alert, f"{_found(alert)}{over}Not diagnosed: {meaning.reason}. {meaning.advice}", now)
    alerts.fired(place, alert.id, alert.fired_at)
    return IntakeOutcome.ANNOUNCED


def _announce(intake: Intake, alert: Alert, remark: str, now: datetime) -> None:
    title = f"{'Alert' if alert.fired else 'Alert resolved'}: {alert.title}"
    text = "\n\n".join(part for part in (_head(alert), _sentence(alert.text), remark) if part)
    intake.announcer.announce(
        f"alert {alert.key}", _masked(intake, title), _masked(intake, text), now, alert.link
    )


def _found(alert: Alert) -> str:
    """Say that Azure did not deliver an alert, where that is so."""
    return MISSED if alert.is_found else ""


def _head(alert: Alert) -> str:
    kind = str(alert.variant) if alert.severity is None else f"Sev{alert.severity} {alert.variant}"
    where = ", ".join(resource_name(target) for target in alert.targets[:3])
    ended = f", resolved {moment(alert.resolved_at)}" if alert.resolved_at and not alert.fired else ""
    on = f" on {where}" if where else ""
    return f"{kind[0].upper()}{kind[1:]}{on}, fired {moment(alert.fired_at)}{ended}."


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}." if text else ""


def _masked(intake: Intake, text: str) -> str:
    return intake.users.hide_in(text)
