"""Write the cards that several incidents share, once a minute: groups, and digests when their silence ends."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime, timedelta

from shared.incidents.lifecycle.escalate import notified_late
from shared.incidents.store import Incidents
from shared.isolation import Isolation, LoggedTroubles, Troubles
from shared.notices.cards.elements import message
from shared.notices.cards.group_card import Member, Words, draw_digest, draw_group
from shared.notices.notice import Fate, Notice, Outbox, pending_in, write
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import GROUP_SPAN
from shared.notices.routing.ruling import Router, digest_card
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.notices.routing.silence import Occurrence, current_occurrences

PAUSE = timedelta(minutes=3)  # between two cards of one group
_MOST_INCIDENTS = 100  # read for one card; it shows fewer


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Writes shared cards into the outbox. Every call is safe to repeat."""

    router: Router
    incidents: Incidents
    outbox: Outbox
    words: Words
    troubles: Troubles = field(default_factory=LoggedTroubles)

    def gather(self, now: datetime) -> None:
        """Write every shared card that is due."""
        silences = tuple(current_occurrences(self.router.silences.active(now), now))
        isolation = Isolation("shared cards", self.troubles)
        for card in self.router.cards.open_ones():
            # Where another instance was first, the next minute looks again.
            with isolation.item(card.name):
                if card.kind is SharedCardKind.GROUP:
                    self._group(card, now)
                else:
                    self._digest(card, silences, now)
        isolation.end()

    def _group(self, card: SharedCard, now: datetime) -> None:
        group = self.router.groups.get(card.key)
        if group is None or (len(group.members) <= card.members_shown and now - card.since > 2 * GROUP_SPAN):
            self.router.cards.close(card)
            return
        count = len(group.members)
        notice = Notice.about(f"group {card.key}", card.receiver, f"group of {count:03d}", now)
        pending = pending_in(self.outbox, notice.lane)
        if count <= card.members_shown or not _may_be_drawn(card, pending, now):
            return
        incidents = (self.incidents.get(incident) for incident in group.members[:_MOST_INCIDENTS])
        members = [Member(incident) for incident in incidents if incident is not None]
        write(self.outbox, notice, lambda: message(draw_group(group, members, self.words)), now)
        self._merge([other for other in pending if other.row < notice.row], now)
        self.router.cards.save(replace(card, members_shown=count, drawn_at=now))

    def _merge(self, pending: Sequence[Notice], now: datetime) -> None:
        reason = "a later card of its group tells of it too"
        merged = [replace(notice, fate=Fate.MERGED, reason=reason, settled_at=now) for notice in pending]
        self.outbox.settle(merged)

    def _digest(self, card: SharedCard, silences: Sequence[Occurrence], now: datetime) -> None:
        if self._is_silent(card, silences):
            return
        held = self.router.cards.held_milestones(card)
        members = self._members(card, held, silences)
        if members:
            notice = Notice.about(f"digest {card.key}", card.receiver, f"digest {_fingerprint(members)}", now)
            shown = members[:_MOST_INCIDENTS]
            write(self.outbox, notice, lambda: message(draw_digest(card, shown, self.words)), now)
            for member in members:
                self._record(card, member, now)
        self.router.cards.close(card, held)

    def _is_silent(self, card: SharedCard, silences: Sequence[Occurrence]) -> bool:
        """Tell whether the silence goes on; that of one incident ends with it."""
        if all(silence.key != card.key for silence in silences):
            return False
        incident = self.incidents.get(card.incident) if card.incident else None
        return incident is None or incident.is_open

    def _members(
        self, card: SharedCard, held: Sequence[HeldMilestone], silences: Sequence[Occurrence]
    ) -> list[Member]:
        """Return the incidents to show; those over which another silence holds wait for its digest."""
        by_incident: dict[str, list[HeldMilestone]] = defaultdict(list)
        for milestone in held:
            by_incident[milestone.incident].append(milestone)
        members = []
        for name, milestones in by_incident.items():
            incident = self.incidents.get(name)
            silence = self.router.silence(incident, silences) if incident else None
            if incident is not None and silence is None:
                members.append(Member(incident, tuple(milestones)))
            elif silence is not None:
                for milestone in milestones:
                    self.router.cards.hold(digest_card(silence, card.receiver), milestone)
        return members

    def _record(self, card: SharedCard, member: Member, now: datetime) -> None:
        """Keep that the receiver was notified of an incident, and when, for it may have to be escalated."""
        text = f"Told in the digest of the silence: {card.about}"
        decision = Decision(card.receiver, RoutingReason.DIGEST, text, card.key)
        self.router.decisions.keep(
            member.incident.id,
            [RecordedDecision(now, member.held[-1].revision, f"digest {card.key}", decision)],
        )
        incident = notified_late(member.incident, now)
        if incident is not member.incident:
            self.incidents.save(incident)


def _fingerprint(members: Sequence[Member]) -> str:
    """Return a short text that is the same for the same milestones, whoever draws their digest."""
    milestones = [astuple(milestone) for member in members for milestone in member.held]
    return hashlib.sha256(repr(milestones).encode()).hexdigest()[:8]


def _may_be_drawn(card: SharedCard, pending: Sequence[Notice], now: datetime) -> bool:
    """Tell whether a group may have another card: its last one waits still, or is some minutes old."""
    return card.drawn_at is None or bool(pending) or now - card.drawn_at >= PAUSE
