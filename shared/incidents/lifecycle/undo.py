"""Take an answer back: what was acknowledged is given back, a silence ends, what was ended by hand is open again."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import Ending, EntryKind, Incident, State, Undoable, Undone
from shared.incidents.lifecycle.graph import moved_to, owed_but_its_end
from shared.incidents.lifecycle.respond import Person, ResponseOutcome, Step, lateness
from shared.incidents.lifecycle.standing import with_answer
from shared.incidents.lifecycle.states import MOST_NAME, RETURNS_WITHIN
from shared.incidents.lifecycle.timeline import noted, short

GIVEN_BACK = "given back"
SILENCE_ENDED = "silence ended"
REOPENED_BY_HAND = "reopened by hand"


def give_back(incident: Incident, occurrence: int, revision: int, who: Person, now: datetime) -> Step:
    """Let nobody have it any more; `revision` is the incident's that the person saw.

    What somebody else took over since is not given back for them.
    """
    late, held = lateness(incident, occurrence), incident.acknowledgement
    if late is not None:
        return Step(late, incident)
    if held is None:
        return Step(ResponseOutcome.ALREADY, incident)
    if held.revision > revision:
        return Step(ResponseOutcome.CHANGED, incident)
    free = _undone(_without_holder(incident, now), Undoable.ACKNOWLEDGED, who, now)
    return Step(
        ResponseOutcome.DONE, noted(free, now, GIVEN_BACK, f"by {who}, {held.by} had it", EntryKind.PERSON)
    )


def end_silence(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Note that the silence from its card has ended early."""
    late = lateness(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    if incident.silence is None or incident.silence.until <= now:
        return Step(ResponseOutcome.ALREADY, incident)
    heard = _undone(replace(incident, silence=None), Undoable.SILENCED, who, now)
    return Step(ResponseOutcome.DONE, noted(heard, now, SILENCE_ENDED, f"by {who}", EntryKind.PERSON))


def reopen(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Open again what was ended by hand, as the same occurrence: who had it has it still."""
    if incident.reopened != occurrence:
        return Step(ResponseOutcome.EARLIER, incident)
    if incident.is_open:
        return Step(ResponseOutcome.ALREADY, incident)
    if incident.ending is not Ending.BY_HAND or _is_too_old(incident, now):
        return Step(ResponseOutcome.OVER, incident)
    again = _undone(_opened_again(incident, now), Undoable.RESOLVED, who, now)
    return Step(ResponseOutcome.DONE, noted(again, now, REOPENED_BY_HAND, f"by {who}", EntryKind.PERSON))


def _without_holder(incident: Incident, now: datetime) -> Incident:
    free = replace(incident, acknowledgement=None)
    if free.state is State.ACKNOWLEDGED:
        return moved_to(free, _unheld(free), now)
    if free.state_before_validation is State.ACKNOWLEDGED:
        return replace(free, state_before_validation=_unheld(free))
    return free


def _unheld(incident: Incident) -> State:
    """Return the state of an incident that nobody has."""
    if incident.cause:
        return State.DIAGNOSED
    return State.REOPENED if incident.reopened else State.DETECTED


def _is_too_old(incident: Incident, now: datetime) -> bool:
    return incident.closed_at is None or now - incident.closed_at > RETURNS_WITHIN


def _opened_again(incident: Incident, now: datetime) -> Incident:
    again = moved_to(incident, State.REOPENED, now)
    if incident.acknowledgement or incident.cause:
        again = moved_to(again, State.ACKNOWLEDGED if incident.acknowledgement else State.DIAGNOSED, now)
    again = replace(
        again, closed_at=None, ending=None, ended_by=None, next_diagnosis_at=None if incident.cause else now
    )
    untold = owed_but_its_end(again)
    if untold != again.unnotified:
        return replace(again, unnotified=untold)
    # What was told as over is told again, whatever was silenced before.
    heard = replace(incident.told_standing, silent_until=None)
    return replace(again, previous_closed_at=incident.closed_at, silence=None, told_standing=heard)


def _undone(incident: Incident, answer: Undoable, who: Person, now: datetime) -> Incident:
    by = Undone(short(str(who), MOST_NAME), now)
    return with_answer(replace(incident, undone={**incident.undone, answer: by}), now)
