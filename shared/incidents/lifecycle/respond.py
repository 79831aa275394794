"""Decide what a person's answer does to an incident: taken on, silenced, ended by hand, or nothing any more."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.incidents.incident import CardSilence, Ending, EntryKind, Incident, State
from shared.incidents.lifecycle.sentences import how_it_ended
from shared.incidents.lifecycle.states import MOST_NAME, acknowledged, resolved
from shared.incidents.lifecycle.timeline import noted, short
from shared.incidents.wording import moment

SILENCED = "silenced"
ANSWERS = {State.ACKNOWLEDGED, SILENCED, State.RESOLVED}  # lines of the timeline that name a colleague


class ResponseOutcome(StrEnum):
    """What became of an answer."""

    DONE = "done"
    ALREADY = "already"  # somebody did the same before
    OVER = "over"  # the incident has ended
    EARLIER = "earlier"  # the answer is to an occurrence before this one


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


def standing(incident: Incident, occurrence: int) -> ResponseOutcome | None:
    """Tell why an answer to an occurrence comes too late; None while it does not."""
    if incident.reopened != occurrence:
        return ResponseOutcome.EARLIER
    return None if incident.is_open else ResponseOutcome.OVER


def acknowledge(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Let a person take it on; the first one counts."""
    late = standing(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    if incident.acknowledgement or incident.state in {State.ACKNOWLEDGED, State.MITIGATING}:
        return Step(ResponseOutcome.ALREADY, incident)
    return Step(ResponseOutcome.DONE, acknowledged(incident, str(who), now))


def silenced(incident: Incident, occurrence: int, until: datetime, by: str, now: datetime) -> Step:
    """Note that a person wants to hear no more of it for a while; the same silence is noted once."""
    late = standing(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    if incident.silence and moment(incident.silence.until) == moment(until):
        return Step(ResponseOutcome.ALREADY, incident)
    latest = replace(incident, silence=CardSilence(until, short(by, MOST_NAME)))
    text = f"until {moment(until)}, by {by}"
    return Step(ResponseOutcome.DONE, noted(latest, now, SILENCED, text, EntryKind.PERSON))


def resolve(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Let a person end it; the watch reopens it if it goes on."""
    late = standing(incident, occurrence)
    if late is ResponseOutcome.OVER and incident.ending is Ending.BY_HAND:
        return Step(ResponseOutcome.ALREADY, incident)
    if late is not None:
        return Step(late, incident)
    return Step(ResponseOutcome.DONE, resolved(incident, Ending.BY_HAND, now, str(who)))


def acknowledgement_text(incident: Incident) -> str:
    """Say who took an incident on, and when; what is known of that."""
    taken_on = incident.acknowledgement
    return f"acknowledged by {taken_on.by} at {moment(taken_on.at)}." if taken_on else "acknowledged."


def end_text(incident: Incident) -> str:
    """Say how an incident ended, and when; nothing while it is open."""
    return f"resolved {how_it_ended(incident)} at {moment(incident.closed_at)}." if incident.closed_at else ""
