"""Rule on one milestone of an incident: look at what the decision depends on, decide, and keep why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.clock import Clock
from shared.configuration.receivers import Routing
from shared.configuration.resources import WatchedResource
from shared.incidents.incident import Incident, Milestone, Notification
from shared.notices.routing.decide import (
    Circumstances,
    Decision,
    RoutingReason,
    decide_receivers,
    silence_over,
    subject_of,
)
from shared.notices.routing.decisions import Decisions, RecordedDecision, already_notified
from shared.notices.routing.group import Group, Groups, scopes, shared_card
from shared.notices.routing.shared_card import Held, SharedCard, SharedCardKind, SharedCards
from shared.notices.routing.silence import Occurrence, Silences, holding


@dataclass(frozen=True, slots=True)
class Router:
    """Rules on who is notified; its stores hold what a ruling depends on, and what was ruled."""

    routing: Routing
    resources: Mapping[str, WatchedResource]
    regions: Callable[[], Mapping[str, str]]  # as they were learnt, by resource id
    silences: Silences
    groups: Groups
    decisions: Decisions
    cards: SharedCards
    clock: Clock

    def rule(self, incident: Incident, state: Notification) -> tuple[Decision, ...]:
        """Return what was decided for each receiver about a milestone, the first time for good.

        What goes onto a shared card is noted there before: whoever falls over in between decides again.
        """
        known = self.decisions.of(incident.id)
        ruled = [one for one in known if (one.revision, one.milestone) == (state.revision, state.milestone)]
        if ruled:
            return _of(ruled)
        now = self.clock.now()
        silences = tuple(holding(self.silences.active(now), now))
        given = Circumstances(
            subject=subject_of(incident, self.resources.get(incident.resource)),
            routing=self.routing,
            silences=silences,
            already_notified=already_notified(known),
            group=self._group(incident, state, silences),
        )
        made = decide_receivers(incident, state.milestone, given)
        self._share(incident, state, made, given, now)
        return _of(self.decisions.keep(incident.id, [_kept(one, state, now) for one in made]))

    def silence(self, incident: Incident, silences: Iterable[Occurrence]) -> Occurrence | None:
        """Return the silence over an incident, or None."""
        subject = subject_of(incident, self.resources.get(incident.resource))
        return silence_over(incident, subject, tuple(silences))

    def steps(self, incident: Incident) -> int:
        """Return how many receivers an incident may be escalated to: those that its route names, and none in a silence."""
        now = self.clock.now()
        if self.silence(incident, holding(self.silences.active(now), now)) is not None:
            return 0
        route = self.routing.route_of(subject_of(incident, self.resources.get(incident.resource)))
        return len(route.then) if route else 0

    def _group(
        self, incident: Incident, state: Notification, silences: tuple[Occurrence, ...]
    ) -> Group | None:
        """Let an opened incident join its groups; return the one whose card shows it."""
        if state.milestone is not Milestone.OPENED or self.silence(incident, silences):
            return None
        # A consequence whose cause has closed has a card of its own: the shared cards of its time were written long ago.
        if incident.joined_to or incident.released_from:
            return None
        resource = self.resources.get(incident.resource)
        region = (resource.region if resource else None) or self.regions().get(incident.resource)
        joined = [
            self.groups.join(scope, incident.id, incident.opened_at)
            for scope in scopes(incident.resource, region)
        ]
        return shared_card(joined, incident.id)

    def _share(
        self,
        incident: Incident,
        state: Notification,
        made: Sequence[Decision],
        given: Circumstances,
        now: datetime,
    ) -> None:
        for one in made:
            if one.reason is RoutingReason.GROUPED and given.group is not None:
                self.cards.open(group_card(given.group, one.receiver))
            elif one.reason is RoutingReason.SILENCED:
                silence = next(silence for silence in given.silences if silence.key == one.card)
                held = Held(incident.id, state.revision, state.milestone, now)
                self.cards.hold(digest_card(silence, one.receiver), held)


def group_card(group: Group, receiver: str) -> SharedCard:
    """Return the shared card of a group, as it is opened."""
    return SharedCard(SharedCardKind.GROUP, group.key, receiver, str(group.scope), group.since, group.since)


def digest_card(silence: Occurrence, receiver: str) -> SharedCard:
    """Return the shared card of what a silence holds back, as it is opened."""
    said = silence.silence
    reason = f"{said.reason} (by {said.by})" if said.by else said.reason
    return SharedCard(
        SharedCardKind.DIGEST, silence.key, receiver, reason, silence.start, silence.end, said.incident
    )


def _kept(one: Decision, state: Notification, now: datetime) -> RecordedDecision:
    return RecordedDecision(now, state.revision, str(state.milestone), one)


def _of(kept: Iterable[RecordedDecision]) -> tuple[Decision, ...]:
    return tuple(one.decision for one in kept)
