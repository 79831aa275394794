"""Write the cards that several incidents share, once a minute: groups, and digests when their silence ends."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.incidents.lifecycle.escalate import notified_late
from shared.incidents.store import Incidents, LostRaceError
from shared.notices.cards.diagnosis_card import message
from shared.notices.cards.group_card import Member, Words, draw_digest, draw_group
from shared.notices.notice import Fate, Notice, Outbox, write
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import WITHIN
from shared.notices.routing.ruling import Router, digest_card
from shared.notices.routing.shared_card import Held, SharedCard, SharedCardKind
from shared.notices.routing.silence import Occurrence, holding

PAUSE = timedelta(minutes=3)  # between two cards of one group
_MOST_READ = 100  # incidents for one card; it shows fewer


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Writes shared cards into the outbox. Every call is safe to repeat."""

    router: Router
    incidents: Incidents
    outbox: Outbox
    words: Words

    def gather(self, now: datetime) -> None:
        """Write every shared card that is due."""
        silences = tuple(holding(self.router.silences.active(now), now))
        for card in self.router.cards.open_ones():
            try:
                if card.kind is SharedCardKind.GROUP:
                    self._group(card, now)
                else:
                    self._digest(card, silences, now)
            except LostRaceError:
                continue  # it has changed in between; the next minute looks again

    def _group(self, card: SharedCard, now: datetime) -> None:
        group = self.router.groups.get(card.key)
        if group is None or (len(group.members) <= card.drawn and now - card.since > 2 * WITHIN):
            self.router.cards.close(card)
            return
        count = len(group.members)
        notice = Notice.about(f"group {card.key}", card.receiver, f"group of {count:03d}", now)
        waiting = [one for one in self.outbox.of(notice.lane) if one.fate is Fate.PENDING]
        if count <= card.drawn or not _may_be_drawn(card, waiting, now):
            return
        found = (self.incidents.get(one) for one in group.members[:_MOST_READ])
        members = [Member(incident) for incident in found if incident is not None]
        write(self.outbox, notice, lambda: message(draw_group(group, members, self.words)), now)
        self._merge([one for one in waiting if one.row < notice.row], now)
        self.router.cards.save(replace(card, drawn=count, drawn_at=now))

    def _merge(self, waiting: Sequence[Notice], now: datetime) -> None:
        reason = "a later card of its group tells of it too"
        merged = [replace(one, fate=Fate.MERGED, reason=reason, settled_at=now) for one in waiting]
        self.outbox.settle(merged)

    def _digest(self, card: SharedCard, silences: Sequence[Occurrence], now: datetime) -> None:
        if self._is_silent(card, silences):
            return
        held = self.router.cards.held(card)
        members = self._members(card, held, silences)
        if members:
            told = hashlib.sha256(repr([one.held for one in members]).encode()).hexdigest()[:8]
            notice = Notice.about(f"digest {card.key}", card.receiver, f"digest {told}", now)
            write(
                self.outbox, notice, lambda: message(draw_digest(card, members[:_MOST_READ], self.words)), now
            )
            for member in members:
                self._note(card, member, now)
        self.router.cards.close(card, held)

    def _is_silent(self, card: SharedCard, silences: Sequence[Occurrence]) -> bool:
        """Tell whether the silence goes on; that of one incident ends with it."""
        if all(one.key != card.key for one in silences):
            return False
        own = self.incidents.get(card.incident) if card.incident else None
        return own is None or own.is_open

    def _members(
        self, card: SharedCard, held: Sequence[Held], silences: Sequence[Occurrence]
    ) -> list[Member]:
        """Return the incidents to show; those over which another silence holds wait for its digest."""
        states: dict[str, list[Held]] = defaultdict(list)
        for one in held:
            states[one.incident].append(one)
        members = []
        for name, own in states.items():
            incident = self.incidents.get(name)
            other = self.router.silence(incident, silences) if incident else None
            if incident is not None and other is None:
                members.append(Member(incident, tuple(own)))
            elif other is not None:
                for one in own:
                    self.router.cards.hold(digest_card(other, card.receiver), one)
        return members

    def _note(self, card: SharedCard, member: Member, now: datetime) -> None:
        """Keep that the receiver was notified of an incident, and when, for it may have to be escalated."""
        text = f"Told in the digest of the silence: {card.about}"
        told = Decision(card.receiver, RoutingReason.DIGEST, text, card.key)
        self.router.decisions.keep(
            member.incident.id, [RecordedDecision(now, member.held[-1].revision, f"digest {card.key}", told)]
        )
        late = notified_late(member.incident, now)
        if late is not member.incident:
            self.incidents.save(late)


def _may_be_drawn(card: SharedCard, waiting: Sequence[Notice], now: datetime) -> bool:
    """Tell whether a group may have another card: its last one waits still, or is some minutes old."""
    return card.drawn_at is None or bool(waiting) or now - card.drawn_at >= PAUSE
