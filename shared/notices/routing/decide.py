"""Decide whom to notify of one milestone of an incident, and say why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.configuration.match import Subject
from shared.configuration.receivers import Route, Routing
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import PRODUCTION
from shared.incidents.incident import Incident, Milestone
from shared.incidents.wording import moment
from shared.notices.routing.group import Group
from shared.notices.routing.silence import Occurrence, longest_over


class RoutingReason(StrEnum):
    """Why a receiver is notified of a milestone, or is not."""

    ROUTED = "routed"
    NO_ROUTE = "no route fits"  # the first receiver is notified all the same
    ALREADY_NOTIFIED = "heard of it before"
    ESCALATED = "escalated"
    DIGEST = "in a digest"
    GROUPED = "on a group's card"
    SILENCED = "silenced"
    CONSEQUENCE = "a consequence"
    NOT_ADDRESSED = "not addressed"


OWN_CARD = frozenset(
    {RoutingReason.ROUTED, RoutingReason.NO_ROUTE, RoutingReason.ALREADY_NOTIFIED, RoutingReason.ESCALATED}
)
_HEARD_IN_SILENCE = {Milestone.RESOLVED, Milestone.SILENCED}  # by whoever heard of the incident before
NOTIFIES = OWN_CARD | {RoutingReason.DIGEST, RoutingReason.GROUPED}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one receiver."""

    receiver: str
    reason: RoutingReason
    text: str  # one sentence
    card: str = (
        ""  # key of the group, or of the occurrence of a silence, on whose card it stands or will stand
    )

    @property
    def has_own_card(self) -> bool:
        """Tell whether the receiver gets a card of this milestone."""
        return self.reason in OWN_CARD

    @property
    def notifies(self) -> bool:
        """Tell whether the receiver is notified, on whichever card."""
        return self.reason in NOTIFIES


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides the incident and its milestone."""

    subject: Subject
    routing: Routing
    silences: tuple[Occurrence, ...] = ()  # those that hold now
    already_notified: Collection[str] = field(default_factory=frozenset)  # receivers, of this incident
    group: Group | None = None  # the group whose card shows that it opened


def subject_of(incident: Incident, resource: WatchedResource | None) -> Subject:
    """Return what matchers see of an incident; `resource` is None where it is watched no more."""
    return Subject(
        severity=incident.severity,
        resource=incident.resource,
        environment=resource.environment if resource else PRODUCTION,
        owner=resource.owner if resource else "",
        symptom=incident.symptom,
    )


def decide_receivers(
    incident: Incident, milestone: Milestone, circumstances: Circumstances
) -> tuple[Decision, ...]:
    """Return one decision for each receiver, in their order. Nothing is lost: what is not silent has a receiver.

    A receiver that was notified of an incident is notified of its later milestones, whatever route its severity takes by
    then, and even in a silence of its end, and of who silenced it from its card.
    """
    silence = silence_over(incident, circumstances.subject, circumstances.silences)
    return tuple(
        _decide_receiver(incident, milestone, circumstances, receiver.name, silence)
        for receiver in circumstances.routing.receivers
    )


def silence_over(incident: Incident, subject: Subject, silences: tuple[Occurrence, ...]) -> Occurrence | None:
    """Return the silence over an incident that holds longest, or None."""
    return longest_over(silences, subject, incident.id, _ended_at(incident))


def _decide_receiver(
    incident: Incident,
    milestone: Milestone,
    circumstances: Circumstances,
    name: str,
    silence: Occurrence | None,
) -> Decision:
    if incident.joined_to is not None:
        text = f"It is a consequence of {incident.joined_to}, which speaks for it."
        return Decision(name, RoutingReason.CONSEQUENCE, text)
    by_route = _decide_by_route(incident, milestone, circumstances, name)
    if by_route.reason is RoutingReason.NOT_ADDRESSED:
        return by_route
    if silence is not None and not (
        milestone in _HEARD_IN_SILENCE and name in circumstances.already_notified
    ):
        text = f"Silenced until {moment(silence.end)}: {silence.silence.reason}"
        return Decision(name, RoutingReason.SILENCED, text, silence.key)
    if milestone is Milestone.OPENED and circumstances.group is not None:
        return Decision(
            name, RoutingReason.GROUPED, _group_sentence(circumstances.group), circumstances.group.key
        )
    return by_route


def _decide_by_route(
    incident: Incident, milestone: Milestone, circumstances: Circumstances, name: str
) -> Decision:
    """Decide by the routes alone."""
    route = circumstances.routing.route_of(circumstances.subject)
    if milestone is Milestone.ESCALATED:
        return _decide_escalation(incident, route, name)
    to = route.to if route else (circumstances.routing.receivers[0].name,)
    if name in to:
        if route is None:
            return Decision(name, RoutingReason.NO_ROUTE, "No route fits, so the first receiver is told.")
        place = circumstances.routing.routes.index(route) + 1
        return Decision(name, RoutingReason.ROUTED, f"Route {place} leads to it.")
    if name in circumstances.already_notified:
        return Decision(name, RoutingReason.ALREADY_NOTIFIED, "It was told of this incident before.")
    return Decision(name, RoutingReason.NOT_ADDRESSED, f"It goes to {_list(to)}.")


def _decide_escalation(incident: Incident, route: Route | None, name: str) -> Decision:
    step = next_receiver(route, incident.escalations - 1)
    if step is None:
        return Decision(name, RoutingReason.NOT_ADDRESSED, "Its route names nobody next.")
    if step == name:
        return Decision(
            name,
            RoutingReason.ESCALATED,
            f"Nobody acknowledged it; it is receiver {incident.escalations} to be next.",
        )
    return Decision(name, RoutingReason.NOT_ADDRESSED, f"Nobody acknowledged it; it goes to {step}.")


def next_receiver(route: Route | None, escalations: int) -> str | None:
    """Return who is next on a route after so many escalations; None where nobody is."""
    return route.then[escalations] if route and 0 <= escalations < len(route.then) else None


def _group_sentence(group: Group) -> str:
    others = len(group.members) - 1
    return f"One card for {group.scope}, with {others} other incident{'s' if others != 1 else ''}."


def _ended_at(incident: Incident) -> datetime | None:
    """Return when it last ended, though it may be open again."""
    return incident.closed_at or incident.previous_closed_at


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
