"""Decide what a person's answer does to an incident: taken on, silenced, ended by hand, or nothing any more."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.incidents.incident import Ending, Entry, Incident, State
from shared.incidents.lifecycle.states import acknowledged, resolved
from shared.incidents.lifecycle.timeline import added
from shared.incidents.wording import moment

SILENCED = "silenced"
ANSWERS = {State.ACKNOWLEDGED, SILENCED, State.RESOLVED}  # lines of the timeline that name a colleague
_STARTS = {State.DETECTED, State.REOPENED}


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
    if acknowledgement(incident) or incident.state in {State.ACKNOWLEDGED, State.MITIGATING}:
        return Step(ResponseOutcome.ALREADY, incident)
    return Step(ResponseOutcome.DONE, acknowledged(incident, f"by {who}", now))


def silenced(incident: Incident, occurrence: int, until: datetime, by: str, now: datetime) -> Step:
    """Note that a person wants to hear no more of it for a while; the same silence is noted once."""
    late = standing(incident, occurrence)
    if late is not None:
        return Step(late, incident)
    end = f"until {moment(until)}"
    if any(entry.what == SILENCED and entry.text.startswith(f"{end},") for entry in incident.timeline):
        return Step(ResponseOutcome.ALREADY, incident)
    noted = added(incident.timeline, now, SILENCED, f"{end}, by {by}")
    return Step(ResponseOutcome.DONE, replace(incident, timeline=noted))


def resolve(incident: Incident, occurrence: int, who: Person, now: datetime) -> Step:
    """Let a person end it; the watch reopens it if it goes on."""
    late = standing(incident, occurrence)
    if late is ResponseOutcome.OVER and incident.ending is Ending.BY_HAND:
        return Step(ResponseOutcome.ALREADY, incident)
    if late is not None:
        return Step(late, incident)
    return Step(ResponseOutcome.DONE, resolved(incident, Ending.BY_HAND, now, str(who)))


def acknowledgement(incident: Incident) -> Entry | None:
    """Return the line of the timeline that tells who took it on since it was opened or last reopened."""
    return _last(incident, State.ACKNOWLEDGED)


def begun_at(incident: Incident) -> datetime:
    """Return when it was opened or last reopened."""
    starts = (entry.at for entry in reversed(incident.timeline) if entry.what in _STARTS)
    return next(starts, incident.opened_at)


def ending(incident: Incident) -> Entry | None:
    """Return the line of the timeline that tells how it ended."""
    return None if incident.is_open else _last(incident, State.RESOLVED)


def _last(incident: Incident, what: str) -> Entry | None:
    for entry in reversed(incident.timeline):
        if entry.what == what:
            return entry
        if entry.what in _STARTS:
            return None
    return None
