"""The graph of an incident's states, and what each step along it does: move there, and owe a notice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from shared.errors import LinekeeperError
from shared.incidents.incident import Incident, Milestone, Notification, State

_WORKED_ON = {State.DIAGNOSED, State.ACKNOWLEDGED, State.MITIGATING, State.VALIDATING, State.RESOLVED}
GRAPH: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.DETECTED: frozenset(_WORKED_ON),
        State.DIAGNOSED: frozenset(_WORKED_ON - {State.DIAGNOSED}),
        # Given back, it is where it was before.
        State.ACKNOWLEDGED: frozenset(State) - {State.ACKNOWLEDGED},
        State.MITIGATING: frozenset({State.VALIDATING, State.RESOLVED}),
        # A new bad bucket leads back to where it was before.
        State.VALIDATING: frozenset(State) - {State.VALIDATING},
        State.RESOLVED: frozenset({State.REOPENED}),
        State.REOPENED: frozenset(_WORKED_ON),
    }
)


class IllegalTransitionError(LinekeeperError):
    """A step that the graph does not have."""

    def __init__(self, incident: Incident, step: str) -> None:
        super().__init__(f"incident {incident.id} is {incident.state} and cannot become {step}")


def moved_to(incident: Incident, state: State, now: datetime) -> Incident:
    """Return an incident in another state.

    Raises:
        IllegalTransitionError: the graph has no such step.
    """
    if state not in GRAPH[incident.state]:
        raise IllegalTransitionError(incident, state)
    before = incident.state if state is State.VALIDATING else None
    return replace(incident, state=state, state_since=now, state_before_validation=before)


def state_before(incident: Incident) -> State:
    """Return the state from which validation began; a cause found meanwhile counts."""
    before = incident.state_before_validation or State.DETECTED
    is_unexplained = before in {State.DETECTED, State.REOPENED}
    return State.DIAGNOSED if is_unexplained and incident.cause else before


def must_tell(incident: Incident, milestone: Milestone) -> Incident:
    """Return an incident that owes a notice of a milestone; asked twice at one revision, it owes one."""
    # The revision that the next save gives it: a lost race is decided again on what is read then.
    state = Notification(incident.revision + 1, milestone)
    if state in incident.unnotified:
        return incident
    return replace(incident, unnotified=(*incident.unnotified, state))


def owed_but_its_end(incident: Incident) -> tuple[Notification, ...]:
    """Return the notices that an incident owes, without that of its end: it was opened again before people were told."""
    return tuple(state for state in incident.unnotified if state.milestone is not Milestone.RESOLVED)
