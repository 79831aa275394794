"""The state machine of an incident: which steps it may take, and what each writes and must tell.

Every function is pure and returns a new incident; what changes nothing returns the same one, so that it need not be saved.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.incidents.incident import (
    Acknowledgement,
    Ending,
    Incident,
    Milestone,
    Notification,
    Standing,
    State,
)
from shared.incidents.lifecycle.alert_rules import MOST_RULES, alert_joined, opened_by_alert
from shared.incidents.lifecycle.graph import (
    IllegalTransitionError,
    moved_to,
    must_tell,
    owed_but_its_end,
    state_before,
)
from shared.incidents.lifecycle.returns import with_return
from shared.incidents.lifecycle.sentences import how_it_ended, numbers, rise
from shared.incidents.lifecycle.timeline import noted, noted_look, noted_notice, short
from shared.objectives.breach import ALERT, Breach

RETURNS_WITHIN = timedelta(hours=24)  # a recurrence in this time reopens; a later one is a new incident
# States that ask somebody to take it on.
_CALLS = {
    Milestone.OPENED,
    Milestone.REOPENED,
    Milestone.FLAPPING,
    Milestone.WORSE,
    Milestone.ESCALATED,
}
# States that say who has it, and little of how it stands.
ANSWERED = {Milestone.STANDING, Milestone.SILENCED}
_AFTER_LAST_BAD = timedelta(minutes=3)
_MOST_SIGNALS = 20
# Within these an incident stays within its row.
_MOST_CAUSES = 20
_MOST_RECEIVERS = 20
MOST_NAME = 100


def resource_key(resource: str) -> str:
    """Return what stands for a resource in ids and table keys, where `/` is not allowed."""
    return hashlib.sha256(resource.encode()).hexdigest()[:16]


def opened(breach: Breach, severity: int, now: datetime, previous: Incident | None) -> Incident:
    """Return the new incident of a breach; `previous` is the last one of its resource and symptom, closed."""
    count = previous.number + 1 if previous else 1
    incident = Incident(
        id=f"{resource_key(breach.resource)}.{breach.symptom}.{count}",
        resource=breach.resource,
        symptom=breach.symptom,
        number=count,
        state=State.DETECTED,
        opened_at=now,
        state_since=now,
        onset=breach.onset,
        last_bad=breach.last_bad,
        severity=severity,
        signals={breach.signal: numbers(breach)},
        bad=breach.bad,
        total=breach.total,
        peak_ratio=breach.peak_ratio,
        next_diagnosis_at=now,
        follows=previous.id if previous else None,
        azure_alert=breach.azure_alert or None,
    )
    incident = noted(incident, now, "detected", numbers(breach))
    return must_tell(_with_alert(incident, breach, now), Milestone.OPENED)


def seen_again(incident: Incident, breach: Breach, severity: int, now: datetime) -> Incident:
    """Join a breach to its open incident; the severity only rises, and a rise is told.

    Raises:
        IllegalTransitionError: the incident is resolved; see `reopened`.
    """
    if not incident.is_open:
        raise IllegalTransitionError(incident, "seen again")
    latest = _with_numbers(incident, breach)
    is_new = breach.signal in latest.signals and breach.signal not in incident.signals
    if breach.alert:
        latest = _with_joined_alert(latest, breach, now, is_new=is_new)
    elif is_new:
        latest = noted(latest, now, f"joined: {breach.signal}", numbers(breach))
    if breach.last_bad > incident.last_bad:
        latest = _bad_again(latest, now)
    return _no_better_than(latest, severity, now)


def diagnosed(
    incident: Incident,
    *,
    conclusion: str,
    cause: str | None,
    document: str | None,
    users: int | None,
    next_diagnosis_at: datetime | None,
    is_last: bool,
    now: datetime,
    text: str = "",
) -> Incident:
    """Write down a diagnosis. Each cause is told once; that there is none is told once, at the last planned diagnosis.

    Raises:
        IllegalTransitionError: the incident is resolved.
    """
    if not incident.is_open:
        raise IllegalTransitionError(incident, "diagnosed")
    is_news = cause is not None and cause != incident.cause and cause not in incident.notified_causes
    latest = replace(
        incident,
        diagnosis_count=incident.diagnosis_count + 1,
        conclusion=conclusion if cause or not incident.cause else incident.conclusion,
        cause=cause or incident.cause,
        document=document if cause or not incident.cause else incident.document,
        users=max(users or 0, incident.users or 0) if users is not None else incident.users,
        next_diagnosis_at=next_diagnosis_at,
    )
    # A long incident is diagnosed many times; the same answer again is not news.
    if (conclusion, cause) != (incident.conclusion, incident.cause) or is_last:
        latest = noted_look(latest, now, text or conclusion)
    if cause and latest.state in {State.DETECTED, State.REOPENED}:
        latest = moved_to(latest, State.DIAGNOSED, now)
    if is_news:
        retracted = incident.cause if incident.cause in incident.notified_causes else None
        return _cause_found(latest, str(cause), retracted, now)
    if is_last and latest.cause is None and not latest.has_given_up:
        latest = noted(latest, now, "given up", "the last planned look found no cause")
        return must_tell(replace(latest, has_given_up=True), Milestone.GIVEN_UP)
    return latest


def graded(incident: Incident, severity: int, now: datetime) -> Incident:
    """Take a severity that an open incident now has: it only rises, and a rise is told."""
    return _no_better_than(incident, severity, now)


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """Note that a person has taken it on; doing so again changes nothing.

    Raises:
        IllegalTransitionError: it is resolved, or already being mitigated.
    """
    if incident.state is State.ACKNOWLEDGED:
        return incident
    moved = _step(incident, State.ACKNOWLEDGED, now, f"by {by}")
    taken_on = Acknowledgement(short(by, MOST_NAME), now, revision=incident.revision + 1)
    return replace(moved, acknowledgement=taken_on)


def mitigating(incident: Incident, what: str, now: datetime) -> Incident:
    """Note that something is being changed; doing so again changes nothing.

    Raises:
        IllegalTransitionError: it is resolved.
    """
    return _step(incident, State.MITIGATING, now, what)


def validating(incident: Incident, now: datetime, why: str = "within its goal again") -> Incident:
    """Note that it is back within its objective, or why else it seems over; that must now hold.

    Raises:
        IllegalTransitionError: it is resolved.
    """
    return _step(incident, State.VALIDATING, now, f"{why}, was {incident.state}")


def contradicted(incident: Incident, names: str, text: str, now: datetime) -> Incident:
    """Note that its signals hold and other perspectives say that it is not over; the same ones again change nothing."""
    if names == incident.contradicted_by:
        return incident
    return replace(noted(incident, now, "not validated yet", text), contradicted_by=short(names, MOST_NAME))


def resolved(incident: Incident, ending: Ending, now: datetime, who: str = "") -> Incident:
    """End it, and tell; `who` ended it by hand.

    Raises:
        IllegalTransitionError: it is resolved, or said to have held without having been validated.
    """
    if ending is Ending.HELD and incident.state is not State.VALIDATING:
        raise IllegalTransitionError(incident, "resolved: held")
    moved = moved_to(incident, State.RESOLVED, now)
    ended_by = short(who, MOST_NAME) or None
    ended = replace(moved, ending=ending, ended_by=ended_by, closed_at=now, next_diagnosis_at=None)
    return must_tell(noted(ended, now, "resolved", how_it_ended(ended)), Milestone.RESOLVED)


def reopened(incident: Incident, breach: Breach, severity: int, now: datetime) -> Incident:
    """Open a resolved incident again, to be diagnosed afresh; its onset stays that of its first bad bucket.

    Raises:
        IllegalTransitionError: it is open, or it was closed more than 24 hours ago.
    """
    if incident.closed_at is None or now - incident.closed_at > RETURNS_WITHIN:
        raise IllegalTransitionError(incident, "reopened")
    is_alert_due = incident.due_alert_state is not None
    # An end by hand waits before it is told: what came back meanwhile never ended for people.
    is_by_hand = incident.ending is Ending.BY_HAND
    again = replace(
        with_return(moved_to(incident, State.REOPENED, now), now),
        unnotified=owed_but_its_end(incident) if is_by_hand else incident.unnotified,
        closed_at=None,
        previous_closed_at=incident.closed_at,
        ending=None,
        ended_by=None,
        reopened=incident.reopened + 1,
        reopened_at=now,
        severity=min(incident.severity if incident.demoted_from is None else incident.demoted_from, severity),
        severity_before=None,
        declared=(),
        demoted_from=None,
        signals={breach.signal: numbers(breach)},
        bad=breach.bad,
        total=breach.total,
        peak_ratio=breach.peak_ratio,
        last_bad=max(incident.last_bad, breach.last_bad),
        conclusion=None,
        cause=None,
        cause_at=None,
        retracted_cause=None,
        retracted_cause_at=None,
        notified_causes=(),
        has_given_up=False,
        diagnosis_count=0,
        next_diagnosis_at=now,
        # One that is not closed yet is closed when this occurrence ends, unless that began with an alert of its own.
        azure_alert=breach.azure_alert or (incident.azure_alert if is_alert_due else None),
        azure_alert_state=incident.azure_alert_state if is_alert_due and not breach.azure_alert else None,
        acknowledgement=None,
        silence=None,
        joined_to=None,
        released_from=None,
        contradicted_by=None,
        notified_at=None,
        escalations=0,
        unanswered=None,
        undone={},
        answers_due_at=None,
        told_standing=Standing(),
        shown_at=None,
    )
    again = noted(again, now, "reopened", numbers(breach))
    milestone = Milestone.FLAPPING if again.is_flapping else Milestone.REOPENED
    return must_tell(_with_alert(again, breach, now), milestone)


def joined(incident: Incident, cause_incident: Incident, now: datetime) -> Incident:
    """Note that it is a consequence of another incident of the same resource; again is no change."""
    if incident.joined_to == cause_incident.id:
        return incident
    latest = noted(incident, now, "joined to its cause", f"a consequence of {cause_incident.id}")
    return replace(latest, joined_to=cause_incident.id)


def beside_cause(incident: Incident, cause_incident: Incident | None, now: datetime) -> Incident:
    """Let an open consequence speak for itself once the incident of its cause is closed, and be silent when that reopens.

    What is being validated waits: it may end as its cause did. `cause_incident` is None where it is kept no more.
    """
    is_cause_open = cause_incident is not None and cause_incident.is_open
    if incident.joined_to is not None:
        waits = is_cause_open or incident.state is State.VALIDATING
        return incident if waits else _released(incident, incident.joined_to, now)
    is_mutual = cause_incident is not None and cause_incident.joined_to == incident.id
    if cause_incident is None or not is_cause_open or is_mutual:
        return incident
    return joined(incident, cause_incident, now)


def _released(incident: Incident, cause_incident_id: str, now: datetime) -> Incident:
    """Take a consequence from its cause; its opening is told once more, however often its cause comes back."""
    latest = noted(incident, now, "on its own again", f"{cause_incident_id} is closed, and this goes on")
    latest = replace(latest, joined_to=None, released_from=cause_incident_id)
    return latest if incident.released_from else must_tell(latest, Milestone.OPENED)


def notified(incident: Incident, state: Notification, now: datetime, to: Sequence[str] = ()) -> Incident:
    """Note that a notice of a state was written durably to some receivers; doing so again changes nothing."""
    if state not in incident.unnotified:
        return incident
    latest = replace(
        incident,
        unnotified=tuple(other for other in incident.unnotified if other != state),
        notified_at=now if _is_call(incident, state.milestone) else incident.notified_at,
        shown_at=incident.shown_at if state.milestone in ANSWERED else now,
        notified_receivers=tuple(to[:_MOST_RECEIVERS]),
    )
    return noted_notice(latest, now, state.milestone, to)


def _is_call(incident: Incident, milestone: Milestone) -> bool:
    is_free = milestone is Milestone.STANDING and incident.acknowledgement is None
    return is_free or milestone in _CALLS


def _with_numbers(incident: Incident, breach: Breach) -> Incident:
    signals = dict(incident.signals)
    # The numbers of one alert are as good as those of the next; a storm of them must not be a storm of writes.
    is_same = breach.alert and breach.signal in signals and breach.last_bad <= incident.last_bad
    most = MOST_RULES if breach.alert else _MOST_SIGNALS
    if not is_same and (breach.signal in signals or len(signals) < most):
        signals[breach.signal] = numbers(breach)
    more = breach.bad >= incident.bad  # the incident shows its worst signal
    return replace(
        incident,
        signals=signals,
        bad=breach.bad if more else incident.bad,
        total=breach.total if more else incident.total,
        peak_ratio=max(incident.peak_ratio, breach.peak_ratio),
        onset=incident.onset if incident.reopened else min(incident.onset, breach.onset),
        last_bad=max(incident.last_bad, breach.last_bad),
    )


def _with_alert(incident: Incident, breach: Breach, now: datetime) -> Incident:
    return opened_by_alert(incident, _rule_of(breach), now) if breach.alert else incident


def _with_joined_alert(incident: Incident, breach: Breach, now: datetime, *, is_new: bool) -> Incident:
    """Note an alert; where no diagnosis is planned any more, one is due."""
    latest = alert_joined(incident, _rule_of(breach), numbers(breach), now, is_new=is_new)
    if latest is incident:
        return incident
    return replace(latest, next_diagnosis_at=latest.next_diagnosis_at or now)


def _rule_of(breach: Breach) -> str:
    return breach.signal.removeprefix(ALERT)


def _cause_found(incident: Incident, cause: str, retracted: str | None, now: datetime) -> Incident:
    latest = replace(
        incident,
        notified_causes=(*incident.notified_causes, cause)[-_MOST_CAUSES:],
        first_cause_at=incident.first_cause_at or now,
        cause_at=now,
        retracted_cause=retracted,
        retracted_cause_at=incident.cause_at if retracted else None,
    )
    if retracted is None:
        return must_tell(noted(latest, now, "cause found", cause), Milestone.CAUSE_FOUND)
    return must_tell(noted(latest, now, "cause corrected", f"{cause}, not {retracted}"), Milestone.CORRECTED)


def _bad_again(incident: Incident, now: datetime) -> Incident:
    """Take in that it goes on: a validation has failed, and what a diagnosis missed may have arrived by now."""
    if incident.state is State.VALIDATING:
        before = state_before(incident)
        back = noted(moved_to(incident, before, now), now, "bad again", f"did not hold, {before} again")
        return replace(back, next_diagnosis_at=incident.next_diagnosis_at or now)
    if incident.next_diagnosis_at is None and incident.cause is None:
        return replace(incident, next_diagnosis_at=max(now, incident.last_bad + _AFTER_LAST_BAD))
    return incident


def _no_better_than(incident: Incident, severity: int, now: datetime) -> Incident:
    if severity >= incident.severity:
        return incident
    before = incident.demoted_from
    raised = replace(
        incident,
        severity=severity,
        severity_before=incident.severity,
        demoted_from=None if before is None else min(before, severity - 1),
    )
    return must_tell(noted(raised, now, "severity raised", rise(raised)), Milestone.WORSE)


def _step(incident: Incident, state: State, now: datetime, text: str) -> Incident:
    if incident.state is state:
        return incident
    return noted(moved_to(incident, state, now), now, str(state), text)
