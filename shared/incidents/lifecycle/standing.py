"""Who has an incident: what people answer is told some minutes later, so that several taps are one card, and what was undone is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.incidents.incident import Ending, Incident, Milestone, Notification, Undoable
from shared.incidents.lifecycle.graph import must_tell
from shared.incidents.wording import moment

DAMPED = timedelta(minutes=2)  # from the first answer on; the next tracking tells


def with_answer(incident: Incident, now: datetime) -> Incident:
    """Return an incident of which people are told soon what was answered; a later answer does not put that off."""
    return replace(incident, answers_due_at=incident.answers_due_at or now + DAMPED)


def with_news_of_answers(incident: Incident, now: datetime) -> Incident:
    """Return an incident that owes a notice of what was answered, where that is due and is not what was told last.

    A silence that is over is forgotten without one: its digest tells that.
    """
    latest = _without_old_silence(incident, now)
    if latest.answers_due_at is None or _is_damped(latest, now):
        return latest
    told, standing = latest.told_standing, latest.standing
    latest = replace(latest, answers_due_at=None, told_standing=standing)
    if not latest.is_open:
        return latest  # its end is owed already
    if told.silent_until != standing.silent_until:
        return must_tell(latest, Milestone.SILENCED)
    is_same = told.holder == standing.holder and told.ended_by is None
    return latest if is_same else must_tell(latest, Milestone.STANDING)


def owed(incident: Incident, now: datetime) -> tuple[Notification, ...]:
    """Return the notices that an incident owes by now; its end by hand waits, for it may be undone."""
    waits = incident.ending is Ending.BY_HAND and _is_damped(incident, now)
    return tuple(
        state for state in incident.unnotified if not (waits and state.milestone is Milestone.RESOLVED)
    )


def standing_line(incident: Incident) -> str:
    """Say who has an incident, and until when it is silenced and by whom; names are as people gave them, not escaped."""
    return "; ".join(part for part in (holder_line(incident), silence_line(incident)) if part)


def holder_line(incident: Incident) -> str:
    """Say who has an incident and since when, or that nobody has it."""
    held = incident.acknowledgement
    if held is not None:
        before = f", taken over from {held.taken_from}" if held.taken_from else ""
        return f"{held.by} has it since {time_of(incident, held.at)}{before}"
    back = incident.undone.get(Undoable.ACKNOWLEDGED)
    more = f": {back.by} gave it back at {time_of(incident, back.at)}" if back else ""
    return f"Nobody has it{more}"


def silence_line(incident: Incident) -> str:
    """Say until when an incident is silenced from its card, and by whom; "" where it is not."""
    silence = incident.silence
    return f"silenced until {time_of(incident, silence.until)} by {silence.by}" if silence else ""


def time_of(incident: Incident, when: datetime) -> str:
    """Write a moment of an incident's course, in UTC; the day is said only where it is not that of its opening."""
    is_same_day = when.astimezone(UTC).date() == incident.opened_at.astimezone(UTC).date()
    return f"{when.astimezone(UTC):%H:%M} UTC" if is_same_day else moment(when)


def _is_damped(incident: Incident, now: datetime) -> bool:
    """Tell whether people may still answer more; a time further ahead was written by a clock that is wrong."""
    due = incident.answers_due_at
    return due is not None and now < due <= now + DAMPED


def _without_old_silence(incident: Incident, now: datetime) -> Incident:
    if incident.silence is None or now < incident.silence.until:
        return incident
    return replace(incident, silence=None, told_standing=replace(incident.told_standing, silent_until=None))
