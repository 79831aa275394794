"""Follow incidents: ask for the looks that are due, validate, close, and find any state nobody was told of."""

from datetime import datetime

from shared.incidents.alerted import alerts_are_over
from shared.incidents.closing import keep_report
from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle.decide import LifecycleReason, decide_ending
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.states import resolved, validating
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Rooms
from shared.incidents.store import LostRaceError
from shared.objectives.episode import REACH
from shared.objectives.recovery import recovery_of
from shared.signals.catalogue import SIGNALS

_ENDINGS = {
    LifecycleReason.HELD: Ending.HELD,
    LifecycleReason.UNCONFIRMED: Ending.UNCONFIRMED,
    LifecycleReason.ALERTS_OVER: Ending.ALERTS_OVER,
}


def track(rooms: Rooms, now: datetime) -> tuple[Incident, ...]:
    """Follow every incident that is open or owes a notice; return those that changed."""
    followed = [(before, _followed(rooms, before, now)) for before in rooms.incidents.open_ones()]
    return tuple(after for before, after in followed if after != before)


def _followed(rooms: Rooms, incident: Incident, now: datetime) -> Incident:
    try:
        current = saved_and_notified(rooms, incident, now)  # the auditor: nothing stays untold
        if not current.is_open:
            return current
        current = _escalated(rooms, current, now)
        if current.next_diagnosis_at is not None and current.next_diagnosis_at <= now:
            rooms.work.ask_for_look(current.id)
        return _judged(rooms, current, now)
    except LostRaceError:
        return incident  # another instance follows it


def _escalated(rooms: Rooms, incident: Incident, now: datetime) -> Incident:
    after = escalated(incident, rooms.steps, now)
    return incident if after is incident else saved_and_notified(rooms, rooms.incidents.save(after), now)


def _judged(rooms: Rooms, incident: Incident, now: datetime) -> Incident:
    series = rooms.counts.read(incident.resource, incident.last_bad - REACH, now)
    signals = [signal for signal in SIGNALS if signal.symptom == incident.symptom]
    found = recovery_of(signals, rooms.objectives, series, incident.last_bad, now)
    over = found.enough_until is None and alerts_are_over(rooms, incident)
    reason = decide_ending(incident, found.good, found.needed, found.last_bad, now, alerts_over=over)
    if reason is LifecycleReason.START_VALIDATING:
        return rooms.incidents.save(validating(incident, now))
    if reason is LifecycleReason.ALERTS_RESOLVED:
        return rooms.incidents.save(validating(incident, now, "every alert is resolved"))
    ending = _ENDINGS.get(reason)
    return incident if ending is None else _closed(rooms, incident, ending, now)


def _closed(rooms: Rooms, incident: Incident, ending: Ending, now: datetime) -> Incident:
    ended = resolved(incident, ending, now)
    keep_report(rooms, ended, now)
    return saved_and_notified(rooms, rooms.incidents.save(ended), now)
