"""Decide what a person's answer does to an incident: taken on, taken over, silenced, ended by hand, or nothing any more."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.incidents.incident import (
    Acknowledgement,
    CardSilence,
    Ending,
    EntryKind,
    Incident,
    State,
    Undoable,
)
from shared.incidents.lifecycle.sentences import how_it_ended
from shared.incidents.lifecycle.standing import with_answer
from shared.incidents.lifecycle.states import MOST_NAME, acknowledged, resolved
from shared.incidents.lifecycle.timeline import noted, short
from shared.incidents.wording import moment

SILENCED = "silenced"
HANDED_OVER = "handed over"
ANSWERS = {State.ACKNOWLEDGED, SILENCED, State.RESOLVED}  # lines of the timeline that name a colleague


class ResponseOutcome(StrEnum):
    """What became of an answer."""

    DONE = "done"
    ALREADY = "already"  # somebody did the same before
    OVER = "over"  # the incident has ended
    EARLIER = "earlier"  # the answer is to an occurrence before this one
    CHANGED = "changed"  # somebody took it on after the answer's link was made


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers; unverified where nobody but themselves says so."""

    name: str
    verified: bool = False

    def __str__(self) -> str:
        """Name the person, and how sure that is."""
        return self.name if self.verified else f"{self.name} (unverified)"


@dataclass(frozen=True, slots=True)
class Step:
    """An answer's outcome, and the incident as it then is; the same one where nothing changed."""

    outcome: ResponseOutcome
    incident: Incident


def lateness(incident: Incident, occurrence: int) -> ResponseOutcome | None:
    """Tell why an answer to an occurrence comes too late; None while it does not."""
    if incident.reopened != occurrence:
        return ResponseOutcome.EARLIER
    return None if incident.is_open else ResponseOutcome.OVER


def acknowledge(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Let a person take it on; the first one counts."""
    late = lateness(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    if incident.acknowledgement or incident.state in {State.ACKNOWLEDGED, State.MITIGATING}:
        return Step(ResponseOutcome.ALREADY, incident)
    return Step(
        ResponseOutcome.DONE,
        with_answer(acknowledged(_given(incident, Undoable.ACKNOWLEDGED), str(who), now), now),
    )


def take_over(incident: Incident, occurrence: int, revision: int, who: Person, now: datetime) -> Step:
    """Let a person take it over from whoever has it; `revision` is the incident's that they saw.

    Of two who take it over at once the second is told of the first, and may then take it over from them.
    """
    late, held = lateness(incident, occurrence), incident.acknowledgement
    if late is not None:
        return Step(late, incident)
    if held is None:
        return acknowledge(incident, occurrence, who, now)
    by = short(str(who), MOST_NAME)
    if held.by == by:
        return Step(ResponseOutcome.ALREADY, incident)
    if held.revision > revision:
        return Step(ResponseOutcome.CHANGED, incident)
    latest = replace(incident, acknowledgement=Acknowledgement(by, now, held.by, incident.revision + 1))
    told = noted(latest, now, HANDED_OVER, f"from {held.by} to {by}", EntryKind.PERSON)
    return Step(ResponseOutcome.DONE, with_answer(told, now))


def silenced(incident: Incident, occurrence: int, until: datetime, by: str, now: datetime) -> Step:
    """Note that a person wants to hear no more of it for a while; the same silence is noted once."""
    late = lateness(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    if incident.silence and moment(incident.silence.until) == moment(until):
        return Step(ResponseOutcome.ALREADY, incident)
    latest = replace(_given(incident, Undoable.SILENCED), silence=CardSilence(until, short(by, MOST_NAME)))
    text = f"until {moment(until)}, by {by}"
    return Step(ResponseOutcome.DONE, with_answer(noted(latest, now, SILENCED, text, EntryKind.PERSON), now))


def resolve(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Let a person end it; the watch reopens it if it goes on."""
    late = lateness(incident, occurrence)
    if late is ResponseOutcome.OVER and incident.ending is Ending.BY_HAND:
        return Step(ResponseOutcome.ALREADY, incident)
    if late is not None:
        return Step(late, incident)
    ended = resolved(_given(incident, Undoable.RESOLVED), Ending.BY_HAND, now, str(who))
    return Step(ResponseOutcome.DONE, with_answer(ended, now))


def acknowledgement_text(incident: Incident) -> str:
    """Say who took an incident on, and when; what is known of that."""
    taken_on = incident.acknowledgement
    return f"acknowledged by {taken_on.by} at {moment(taken_on.at)}." if taken_on else "acknowledged."


def end_text(incident: Incident) -> str:
    """Say how an incident ended, and when; nothing while it is open."""
    return f"resolved {how_it_ended(incident)} at {moment(incident.closed_at)}." if incident.closed_at else ""


def _given(incident: Incident, answer: Undoable) -> Incident:
    """Return an incident that does not say any more that an answer was taken back."""
    undone = {other: by for other, by in incident.undone.items() if other is not answer}
    return replace(incident, undone=undone)
