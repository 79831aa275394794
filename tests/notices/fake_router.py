"""What rulings are made from, kept in memory: silences, groups, decisions and shared cards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.configuration.silences import Silence
from shared.incidents.store import LostRaceError
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import Group, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard
from shared.notices.routing.silence import occurrence


class FakeSilences:
    """The contract of `Silences`, in a list."""

    def __init__(self, *kept: Silence) -> None:
        self.kept = list(kept)

    def active(self, now: datetime) -> tuple[Silence, ...]:
        return tuple(silence for silence in self.kept if occurrence(silence, now) is not None)

    def add(self, silence: Silence) -> None:
        if all(one.id != silence.id for one in self.kept):
            self.kept.append(silence)


class FakeGroups:
    """The contract of `Groups`, in a list."""

    def __init__(self) -> None:
        self.kept: dict[str, Group] = {}

    def join(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        near = [one for one in self.kept.values() if one.scope == scope]
        found = next((one for one in near if incident in one.members), None)
        if found is None:
            found = next((one for one in near if one.takes(opened_at)), None)
            found = found or Group(f"{scope.kind} {scope.name} {opened_at}", scope, opened_at, ())
            found = replace(found, members=(*found.members, incident))
        self.kept[found.key] = found
        return found

    def get(self, key: str) -> Group | None:
        return self.kept.get(key)


class FakeDecisions:
    """The contract of `Decisions`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int, str, str], RecordedDecision] = {}

    def of(self, incident: str) -> Sequence[RecordedDecision]:
        return [kept for (name, *_), kept in self.kept.items() if name == incident]

    def keep(self, incident: str, made: Sequence[RecordedDecision]) -> Sequence[RecordedDecision]:
        rows = {(incident, one.revision, one.milestone, one.decision.receiver): one for one in made}
        if self.kept.keys() & rows.keys():
            states = {(one.revision, one.milestone) for one in made}
            return [one for one in self.of(incident) if (one.revision, one.milestone) in states]
        self.kept |= rows
        return made


class FakeSharedCards:
    """The contract of `SharedCards`, in dictionaries."""

    def __init__(self) -> None:
        self.cards: dict[str, SharedCard] = {}
        self.states: dict[str, dict[HeldMilestone, None]] = {}
        self._writes = 0

    def open(self, card: SharedCard) -> SharedCard:
        self._writes += 1
        self.cards[card.name] = replace(self.cards.get(card.name, card), etag=str(self._writes))
        return self.cards[card.name]

    def hold(self, card: SharedCard, held: HeldMilestone) -> None:
        states = self.states.setdefault(card.name, {})
        if all(
            (one.incident, one.revision, one.milestone) != (held.incident, held.revision, held.milestone)
            for one in states
        ):
            states[held] = None
        self.open(card)

    def held_milestones(self, card: SharedCard) -> Sequence[HeldMilestone]:
        return sorted(self.states.get(card.name, {}), key=lambda one: (one.at, one.incident, one.revision))

    def open_ones(self) -> Sequence[SharedCard]:
        return sorted(self.cards.values(), key=lambda card: (card.since, card.name))

    def save(self, card: SharedCard) -> None:
        self._unchanged(card)
        self.open(card)
        self.cards[card.name] = replace(card, etag=str(self._writes))

    def close(self, card: SharedCard, told: Sequence[HeldMilestone] = ()) -> None:
        self._unchanged(card)
        del self.cards[card.name]
        for held in told:
            self.states[card.name].pop(held, None)

    def _unchanged(self, card: SharedCard) -> None:
        if card.name not in self.cards or self.cards[card.name].etag != card.etag:
            raise LostRaceError(f"shared card {card.name}")
