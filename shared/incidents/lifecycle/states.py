"""The state machine of an incident: which steps it may take, and what each writes and must tell.

Every function is pure and returns a new incident; what changes nothing returns the same one, so that it need not be saved.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.errors import LinekeeperError
from shared.incidents.incident import Ending, Entry, Incident, Milestone, Notification, State
from shared.incidents.lifecycle.timeline import added, short
from shared.incidents.wording import number
from shared.objectives.breach import ALERT, Breach
from shared.signals.signal import BUCKET

_WORKED_ON = {State.DIAGNOSED, State.ACKNOWLEDGED, State.MITIGATING, State.VALIDATING, State.RESOLVED}
GRAPH: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.DETECTED: frozenset(_WORKED_ON),
        State.DIAGNOSED: frozenset(_WORKED_ON - {State.DIAGNOSED}),
        State.ACKNOWLEDGED: frozenset({State.MITIGATING, State.VALIDATING, State.RESOLVED}),
        State.MITIGATING: frozenset({State.VALIDATING, State.RESOLVED}),
        # A new bad bucket leads back to where it was before.
        State.VALIDATING: frozenset(State) - {State.VALIDATING},
        State.RESOLVED: frozenset({State.REOPENED}),
        State.REOPENED: frozenset(_WORKED_ON),
    }
)
RETURNS_WITHIN = timedelta(hours=24)  # a recurrence in this time reopens; a later one is a new incident
_CALLS = {
    Milestone.OPENED,
    Milestone.REOPENED,
    Milestone.WORSE,
    Milestone.ESCALATED,
}  # states that ask somebody to take it on
_AFTER_LAST_BAD = timedelta(minutes=3)
_MOST_SIGNALS = 20
_MOST_ALERTS = 10  # of those; alerts leave room for what we count ourselves
_MOST_NOTES = 6  # of one rule's alerts in the time of a bucket; what is firing is kept elsewhere
OPENED_BY_ALERT, ALERT_JOINED, ALERT_RESOLVED = "opened by alert", "alert joined", "alert resolved"


class IllegalTransitionError(LinekeeperError):
    """A step that the graph does not have."""

    def __init__(self, incident: Incident, step: str) -> None:
        super().__init__(f"incident {incident.id} is {incident.state} and cannot become {step}")


def resource_key(resource: str) -> str:
    """Return what stands for a resource in ids and table keys, where `/` is not allowed."""
    return hashlib.sha256(resource.encode()).hexdigest()[:16]


def opened(breach: Breach, severity: int, now: datetime, previous: Incident | None) -> Incident:
    """Return the new incident of a breach; `previous` is the last one of its resource and symptom, closed."""
    count = previous.number + 1 if previous else 1
    begun = Incident(
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
    )
    noted = _noted(begun, now, "detected", numbers(breach))
    return _must_tell(_with_alert(noted, breach, now), Milestone.OPENED)


def seen_again(incident: Incident, breach: Breach, severity: int, now: datetime) -> Incident:
    """Join a breach to its open incident; the severity only rises, and a rise is told.

    Raises:
        IllegalTransitionError: the incident is resolved; see `reopened`.
    """
    if not incident.is_open:
        raise IllegalTransitionError(incident, "seen again")
    joined_ = _with_numbers(incident, breach)
    if breach.alert:
        joined_ = _alert_joined(incident, joined_, breach, now)
    elif breach.signal not in incident.signals and breach.signal in joined_.signals:
        joined_ = _noted(joined_, now, f"joined: {breach.signal}", numbers(breach))
    if breach.last_bad > incident.last_bad:
        joined_ = _bad_again(joined_, now)
    return _no_better_than(joined_, severity, now)


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
    """Write down a diagnosis. A cause speaks once; none speaks only at the last look, once.

    Raises:
        IllegalTransitionError: the incident is resolved.
    """
    if not incident.is_open:
        raise IllegalTransitionError(incident, "looked at")
    new_cause = cause is not None and cause != incident.cause and not _had_cause(incident, cause)
    seen = replace(
        incident,
        looks=incident.looks + 1,
        conclusion=conclusion if cause or not incident.cause else incident.conclusion,
        cause=cause or incident.cause,
        document=document if cause or not incident.cause else incident.document,
        users=max(users or 0, incident.users or 0) if users is not None else incident.users,
        next_diagnosis_at=next_diagnosis_at,
    )
    # A long incident is looked at many times; the same answer again is not news.
    if (conclusion, cause) != (incident.conclusion, incident.cause) or is_last or not incident.looks:
        seen = _noted(seen, now, f"look {seen.looks}", text or conclusion)
    if cause and seen.state in {State.DETECTED, State.REOPENED}:
        seen = _moved(seen, State.DIAGNOSED, now)
    if new_cause:
        return _must_tell(_noted(seen, now, "cause found", str(cause)), Milestone.CAUSE_FOUND)
    if is_last and seen.cause is None and not _this_time(seen, "given up"):
        told_ = _noted(seen, now, "given up", "the last planned look found no cause")
        return _must_tell(told_, Milestone.GIVEN_UP)
    return seen


def graded(incident: Incident, severity: int, now: datetime) -> Incident:
    """Take a severity that an open incident now has: it only rises, and a rise is told."""
    return _no_better_than(incident, severity, now)


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """Note that a person has taken it on; doing so again changes nothing.

    Raises:
        IllegalTransitionError: it is resolved, or already being mitigated.
    """
    return _step(incident, State.ACKNOWLEDGED, now, by)


def mitigating(incident: Incident, what: str, now: datetime) -> Incident:
    """Note that something is being changed; doing so again changes nothing.

    Raises:
        IllegalTransitionError: it is resolved.
    """
    return _step(incident, State.MITIGATING, now, what)


def validating(incident: Incident, now: datetime, why: str = "within objective again") -> Incident:
    """Note that it is back within its objective, or why else it seems over; that must now hold.

    Raises:
        IllegalTransitionError: it is resolved.
    """
    return _step(incident, State.VALIDATING, now, f"{why}, was {incident.state}")


def resolved(incident: Incident, ending: Ending, now: datetime, who: str = "") -> Incident:
    """End it, and tell; `who` ended it by hand.

    Raises:
        IllegalTransitionError: it is resolved, or said to have held without having been validated.
    """
    if ending is Ending.HELD and incident.state is not State.VALIDATING:
        raise IllegalTransitionError(incident, "resolved: held")
    moved = _moved(incident, State.RESOLVED, now)
    ended = replace(moved, ending=ending, closed_at=now, next_diagnosis_at=None)
    said = f"{ending}, by {who}" if who else str(ending)
    return _must_tell(_noted(ended, now, "resolved", said), Milestone.RESOLVED)


def reopened(incident: Incident, breach: Breach, severity: int, now: datetime) -> Incident:
    """Open a resolved incident again, to be looked at afresh; its onset stays that of its first bad bucket.

    Raises:
        IllegalTransitionError: it is open, or it was closed more than 24 hours ago.
    """
    if incident.closed_at is None or now - incident.closed_at > RETURNS_WITHIN:
        raise IllegalTransitionError(incident, "reopened")
    again = replace(
        _moved(incident, State.REOPENED, now),
        closed_at=None,
        ending=None,
        reopened=incident.reopened + 1,
        severity=min(incident.severity, severity),
        signals={breach.signal: numbers(breach)},
        bad=breach.bad,
        total=breach.total,
        peak_ratio=breach.peak_ratio,
        last_bad=max(incident.last_bad, breach.last_bad),
        conclusion=None,
        cause=None,
        looks=0,
        next_diagnosis_at=now,
        joined_to=None,
        notified_at=None,
        escalations=0,
    )
    noted = _noted(again, now, "reopened", numbers(breach))
    return _must_tell(_with_alert(noted, breach, now), Milestone.REOPENED)


def alert_resolved(incident: Incident, rule: str, now: datetime) -> Incident:
    """Note that an alert of a rule is resolved; doing so again changes nothing, and a closed incident has none."""
    if not incident.is_open or _last_of_alert(incident, rule) in {"", ALERT_RESOLVED}:
        return incident
    if _is_storm(incident, rule, now):
        return incident
    return _noted(incident, now, ALERT_RESOLVED, rule)


def joined(incident: Incident, cause_incident: Incident, now: datetime) -> Incident:
    """Note that it is a consequence of another incident of the same resource; doing so again changes nothing."""
    if incident.joined_to == cause_incident.id:
        return incident
    noted = _noted(incident, now, "joined to its cause", f"a consequence of {cause_incident.id}")
    return replace(noted, joined_to=cause_incident.id)


def notified(incident: Incident, state: Notification, now: datetime, to: Sequence[str] = ()) -> Incident:
    """Note that a notice of a state was written durably to some receivers; doing so again changes nothing."""
    if state not in incident.unnotified:
        return incident
    left = tuple(one for one in incident.unnotified if one != state)
    notified_at = now if state.milestone in _CALLS else incident.notified_at
    said = f"to {', '.join(to)}" if to else ""
    return _noted(
        replace(incident, unnotified=left, notified_at=notified_at), now, f"told: {state.milestone}", said
    )


def numbers(breach: Breach) -> str:
    """Say the numbers of a breach in one sentence."""
    if breach.alert:
        return short(breach.alert)
    share = f" of {number(breach.total)} ({breach.bad / breach.total:.1%})" if breach.total > 0 else ""
    worst = f", worst bucket {breach.peak_ratio:.1%}" if breach.total > 0 else ""
    most = sorted(breach.reasons.items(), key=lambda reason: (-reason[1], reason[0]))[:3]
    reasons = "; most: " + ", ".join(f"{name} {number(count)}" for name, count in most) if most else ""
    return short(f"{number(breach.bad)}{share} bad{worst}; {breach.rule}{reasons}")


def _with_numbers(incident: Incident, breach: Breach) -> Incident:
    signals = dict(incident.signals)
    # The numbers of one alert are as good as those of the next; a storm of them must not be a storm of writes.
    is_same = breach.alert and breach.signal in signals and breach.last_bad <= incident.last_bad
    most = _MOST_ALERTS if breach.alert else _MOST_SIGNALS
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
    rule = breach.signal.removeprefix(ALERT)
    return _noted(incident, now, OPENED_BY_ALERT, rule) if breach.alert else incident


def _alert_joined(before: Incident, incident: Incident, breach: Breach, now: datetime) -> Incident:
    """Note an alert whose rule is new here, or was resolved; where no look is planned any more, one is due."""
    rule = breach.signal.removeprefix(ALERT)
    is_new = breach.signal in incident.signals and breach.signal not in before.signals
    if not is_new and (_last_of_alert(before, rule) != ALERT_RESOLVED or _is_storm(before, rule, now)):
        return incident
    noted = _noted(incident, now, ALERT_JOINED, f"{rule}: {numbers(breach)}")
    return replace(noted, next_diagnosis_at=noted.next_diagnosis_at or now)


def _last_of_alert(incident: Incident, rule: str) -> str:
    """Return what the timeline last tells of a rule: whether its alert fired or was resolved; nothing if neither."""
    return next((entry.what for entry in reversed(incident.timeline) if _is_about(entry, rule)), "")


def _is_storm(incident: Incident, rule: str, now: datetime) -> bool:
    """Tell whether enough was noted of a rule lately: its occurrences may come and go by the thousand."""
    noted = (entry for entry in incident.timeline if entry.at > now - BUCKET and _is_about(entry, rule))
    return sum(1 for _ in noted) >= _MOST_NOTES


def _is_about(entry: Entry, rule: str) -> bool:
    return entry.what in {OPENED_BY_ALERT, ALERT_JOINED, ALERT_RESOLVED} and (
        entry.text == rule or entry.text.startswith(f"{rule}: ")
    )


def _bad_again(incident: Incident, now: datetime) -> Incident:
    """Take in that it goes on: a validation has failed, and what was looked for may have arrived by now."""
    if incident.state is State.VALIDATING:
        before = _state_before(incident)
        back = _moved(incident, before, now)
        noted = _noted(back, now, "bad again", f"did not hold, {before} again")
        return replace(noted, next_diagnosis_at=incident.next_diagnosis_at or now)
    if incident.next_diagnosis_at is None and incident.cause is None:
        return replace(incident, next_diagnosis_at=max(now, incident.last_bad + _AFTER_LAST_BAD))
    return incident


def _no_better_than(incident: Incident, severity: int, now: datetime) -> Incident:
    if severity >= incident.severity:
        return incident
    raised = _noted(incident, now, "severity raised", f"from {incident.severity} to {severity}")
    return _must_tell(replace(raised, severity=severity), Milestone.WORSE)


def _state_before(incident: Incident) -> State:
    """Return the state from which validation began; a cause found meanwhile counts."""
    texts = (entry.text for entry in reversed(incident.timeline) if entry.what == State.VALIDATING)
    name = next(texts, "").rpartition(" was ")[2]
    before = State(name) if name in set(State) else State.DETECTED
    unexplained = before in {State.DETECTED, State.REOPENED}
    return State.DIAGNOSED if unexplained and incident.cause else before


def _had_cause(incident: Incident, cause: str) -> bool:
    return any(what == "cause found" and text == cause for what, text in _entries_this_time(incident))


def _this_time(incident: Incident, what: str) -> bool:
    return any(one == what for one, _ in _entries_this_time(incident))


def _entries_this_time(incident: Incident) -> list[tuple[str, str]]:
    """Return what happened since it was opened or last reopened."""
    entries = [(entry.what, entry.text) for entry in incident.timeline]
    starts = [place for place, (what, _) in enumerate(entries) if what in {State.DETECTED, State.REOPENED}]
    return entries[starts[-1] :] if starts else entries


def _step(incident: Incident, state: State, now: datetime, text: str) -> Incident:
    if incident.state is state:
        return incident
    return _noted(_moved(incident, state, now), now, str(state), text)


def _moved(incident: Incident, state: State, now: datetime) -> Incident:
    if state not in GRAPH[incident.state]:
        raise IllegalTransitionError(incident, state)
    return replace(incident, state=state, state_since=now)


def _noted(incident: Incident, now: datetime, what: str, text: str = "") -> Incident:
    return replace(incident, timeline=added(incident.timeline, now, what, text))


def _must_tell(incident: Incident, milestone: Milestone) -> Incident:
    # The revision that the next save gives it: a lost race is decided again on what is read then.
    state = Notification(incident.revision + 1, milestone)
    return (
        incident
        if state in incident.unnotified
        else replace(incident, unnotified=(*incident.unnotified, state))
    )
