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
from shared.notices.routing.decisions import Decisions, RecordedDecision, notified_receivers
from shared.notices.routing.group import Group, Groups, group_with_card, scopes
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind, SharedCards
from shared.notices.routing.silence import Occurrence, Silences, current_occurrences


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

    def rule(self, incident: Incident, notification: Notification) -> tuple[Decision, ...]:
        """Return what was decided for each receiver about a milestone, the first time for good.

        Only a decision that leads to nobody who is configured is taken again: when it was taken, no receiver was usable.
        What goes onto a shared card is noted there before: whoever falls over in between decides again.
        """
        records = self.decisions.of(incident.id)
        earlier = [record for record in records if record.is_about(notification)]
        if earlier and self._reaches_somebody(earlier):
            return _decisions_in(earlier)
        now = self.clock.now()
        silences = tuple(current_occurrences(self.silences.active(now), now))
        circumstances = Circumstances(
            subject=subject_of(incident, self.resources.get(incident.resource)),
            routing=self.routing,
            silences=silences,
            already_notified=notified_receivers(records),
            group=self._group(incident, notification, silences),
        )
        decisions = decide_receivers(incident, notification.milestone, circumstances)
        self._share(incident, notification, decisions, circumstances, now)
        new = [_record(decision, notification, now) for decision in decisions]
        return _decisions_in(
            record
            for record in self.decisions.keep(incident.id, new)
            if self.routing.receiver(record.decision.receiver) is not None
        )

    def _reaches_somebody(self, records: Sequence[RecordedDecision]) -> bool:
        """Tell whether a receiver that was decided about is configured, or nobody was to be notified."""
        notified = notified_receivers(records)
        return not notified or any(self.routing.receiver(name) is not None for name in notified)

    def silence(self, incident: Incident, silences: Iterable[Occurrence]) -> Occurrence | None:
        """Return the silence over an incident, or None."""
        subject = subject_of(incident, self.resources.get(incident.resource))
        return silence_over(incident, subject, tuple(silences))

    def steps(self, incident: Incident) -> int:
        """Return how many receivers an incident may be escalated to: those that its route names, and none in a silence."""
        if self.is_silent(incident):
            return 0
        route = self.routing.route_of(subject_of(incident, self.resources.get(incident.resource)))
        return len(route.then) if route else 0

    def is_silent(self, incident: Incident) -> bool:
        """Tell whether a silence is over an incident now."""
        now = self.clock.now()
        return self.silence(incident, current_occurrences(self.silences.active(now), now)) is not None

    def _group(
        self, incident: Incident, notification: Notification, silences: tuple[Occurrence, ...]
    ) -> Group | None:
        """Let an opened incident join its groups; return the one whose card shows it."""
        if notification.milestone is not Milestone.OPENED or self.silence(incident, silences):
            return None
        # A consequence whose cause has closed has a card of its own: its group's card was written long ago.
        if incident.joined_to or incident.released_from:
            return None
        resource = self.resources.get(incident.resource)
        region = (resource.region if resource else None) or self.regions().get(incident.resource)
        groups = [
            self.groups.join(scope, incident.id, incident.opened_at)
            for scope in scopes(incident.resource, region)
        ]
        return group_with_card(groups, incident.id)

    def _share(
        self,
        incident: Incident,
        notification: Notification,
        decisions: Sequence[Decision],
        circumstances: Circumstances,
        now: datetime,
    ) -> None:
        for decision in decisions:
            if decision.reason is RoutingReason.GROUPED and circumstances.group is not None:
                self.cards.open(group_card(circumstances.group, decision.receiver))
            elif decision.reason is RoutingReason.SILENCED:
                silence = next(silence for silence in circumstances.silences if silence.key == decision.card)
                held = HeldMilestone(incident.id, notification.revision, notification.milestone, now)
                self.cards.hold(digest_card(silence, decision.receiver), held)


def group_card(group: Group, receiver: str) -> SharedCard:
    """Return the shared card of a group, as it is opened."""
    return SharedCard(SharedCardKind.GROUP, group.key, receiver, str(group.scope), group.since, group.since)


def digest_card(silence: Occurrence, receiver: str) -> SharedCard:
    """Return the shared card of what a silence holds back, as it is opened."""
    definition = silence.silence
    reason = f"{definition.reason} (by {definition.by})" if definition.by else definition.reason
    return SharedCard(
        SharedCardKind.DIGEST, silence.key, receiver, reason, silence.start, silence.end, definition.incident
    )


def _record(decision: Decision, notification: Notification, now: datetime) -> RecordedDecision:
    return RecordedDecision(now, notification.revision, str(notification.milestone), decision)


def _decisions_in(records: Iterable[RecordedDecision]) -> tuple[Decision, ...]:
    return tuple(record.decision for record in records)
