"""Take an alert into the incident that it means; announce it to people once, as it is, where it means none."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.alerts.alert import Alert
from shared.alerts.announce import Telling, alone_key, folded_key, folded_remark, found_remark
from shared.alerts.drill import DrillAnnouncer
from shared.alerts.inbox import Announcer
from shared.alerts.meaning import AlertContext, AlertMeaning, FitReason, meaning_of
from shared.alerts.parse import is_sample
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import OTHER, SeverityRules
from shared.incidents.alerted import place_of, take_fired, take_resolved
from shared.incidents.ports import Casework
from shared.incidents.store import Claim, Seen
from shared.objectives.breach import ALERT, Breach
from shared.redaction import UserIds
from shared.signals.signal import BUCKET, bucket_of

_OLDEST = timedelta(days=7)  # as long as a message of a queue lives
ON_ITS_WAY = timedelta(minutes=2)  # the queue keeps no order
_SAMPLE = (
    "This is the test of an action group, with an example of Microsoft's: alerts reach Linekeeper by it. "
)


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

    @property
    def telling(self) -> Telling:
        """What alerts are told with."""
        return Telling(self.announcer, self.users)


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
        _settle(intake, alert, occurrence, now)
        return IntakeOutcome.KNOWN
    if not alert.fired:
        if occurrence.fired:
            take_resolved(intake.casework, resource.id, symptom, alert.title, now)
            alerts.resolved(place, alert.id, _time_of(alert, now))
            return IntakeOutcome.NOTED
        if _resolved_alone(intake, alert, place, now).fired:  # it came while this was noted
            take_resolved(intake.casework, resource.id, symptom, alert.title, now)
        return IntakeOutcome.NOTED
    breach = _breach(intake, alert, resource, symptom, now)
    incident = take_fired(intake.casework, breach, _severity(intake, alert, resource), now)
    if occurrence.resolved:  # the queue keeps no order
        take_resolved(intake.casework, resource.id, symptom, alert.title, now)
    alerts.fired(
        place, alert.id, _time_of(alert, now)
    )  # last: whoever falls over before this joins the same again
    latest = alerts.seen(place, alert.id)
    _settle(intake, alert, latest, now)
    if latest.resolved and not occurrence.resolved:
        take_resolved(intake.casework, resource.id, symptom, alert.title, now)
    return IntakeOutcome.JOINED if incident else IntakeOutcome.LATE


def _resolved_alone(intake: Intake, alert: Alert, place: str, now: datetime) -> Seen:
    """Note an end whose beginning is not known, and tell of it soon, unless that comes after all; return what is known then."""
    remark = (
        "That it fired never reached Linekeeper, which opened nothing for it: it fired before alerts came here, or the "
        "delivery was lost."
    )
    intake.telling.tell(alert, alone_key(alert), remark, now, after=ON_ITS_WAY)
    intake.casework.alerts.resolved(place, alert.id, _time_of(alert, now))
    latest = intake.casework.alerts.seen(place, alert.id)
    _settle(intake, alert, latest, now)
    return latest


def _settle(intake: Intake, alert: Alert, occurrence: Seen, now: datetime) -> None:
    """Take back that an end came alone, once both are known; whoever notes the later of them sees the other one."""
    if occurrence.fired and occurrence.resolved:
        intake.announcer.withdraw(alone_key(alert), "that it fired was told after all", now)


def _breach(intake: Intake, alert: Alert, resource: WatchedResource, symptom: str, now: datetime) -> Breach:
    """Return an alert as a breach of our own watch would be; its bad bucket is the one in which the alert fired."""
    bucket = bucket_of(_time_of(alert, now))
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
        alert=found_remark(alert) + (intake.users.hide_in(alert.text) or str(alert.variant)),
        azure_alert=alert.azure_id,
    )


def _time_of(alert: Alert, now: datetime) -> datetime:
    """Return when an alert fired; its time is a stranger's, and what lies ahead of us, or too far behind, is now."""
    return alert.fired_at if now - _OLDEST <= alert.fired_at <= now else now


def _severity(intake: Intake, alert: Alert, resource: WatchedResource) -> int:
    """Return the severity of the rule, where Sev0 and Sev1 are both 1, but no worse than the environment allows."""
    rules = intake.severity
    own = rules.otherwise if alert.severity is None else max(1, alert.severity)
    cap = rules.environments.get(resource.environment.lower(), rules.environments.get(OTHER, 1))
    return max(own, cap)


def _announce_unfit(intake: Intake, alert: Alert, meaning: AlertMeaning, now: datetime) -> IntakeOutcome:
    alerts, place = intake.casework.alerts, f"unfit.{alert.id[:2]}"
    occurrence = alerts.seen(place, alert.id)
    if is_sample(alert, now):
        intake.telling.tell(
            alert,
            f"alert {alert.key}",
            f"{_SAMPLE}{_not_diagnosed(meaning)}",
            now,
        )
        return IntakeOutcome.ANNOUNCED
    if not alert.fired:
        if not occurrence.fired:
            _resolved_alone(intake, alert, place, now)
            return IntakeOutcome.NOTED
        intake.telling.tell(alert, folded_key(alert), "", now)
        alerts.resolved(place, alert.id, _time_of(alert, now))
        return IntakeOutcome.ANNOUNCED
    if alert.is_found and occurrence.fired:
        return IntakeOutcome.KNOWN
    over = "Azure says that it is resolved already. " if occurrence.resolved else ""
    remark = f"{found_remark(alert)}{over}{_not_diagnosed(meaning)}\n\n{folded_remark(alert)}"
    intake.telling.tell(alert, folded_key(alert), remark, now)
    alerts.fired(place, alert.id, _time_of(alert, now))
    _settle(intake, alert, alerts.seen(place, alert.id), now)
    return IntakeOutcome.ANNOUNCED


def _not_diagnosed(meaning: AlertMeaning) -> str:
    return f"Not diagnosed: {meaning.reason}. {meaning.advice}"
