"""Stores of a router, kept in memory: silences, groups, decisions and shared cards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.configuration.silences import Silence
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import Group, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard
from shared.notices.routing.silence import occurrence
from shared.races import LostRaceError


class FakeSilences:
    """The contract of `Silences`, in a list."""

    def __init__(self, *silences: Silence) -> None:
        self.kept = list(silences)

    def active(self, now: datetime) -> tuple[Silence, ...]:
        return tuple(silence for silence in self.kept if occurrence(silence, now) is not None)

    def get(self, silence: str) -> Silence | None:
        return next((other for other in self.kept if other.id == silence), None)

    def put(self, silence: Silence) -> None:
        self.kept = [other for other in self.kept if other.id != silence.id]
        self.add(silence)

    def add(self, silence: Silence) -> None:
        if all(other.id != silence.id for other in self.kept):
            self.kept.append(silence)


class FakeGroups:
    """The contract of `Groups`, in a list."""

    def __init__(self) -> None:
        self.kept: dict[str, Group] = {}

    def join(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        near = [group for group in self.kept.values() if group.scope == scope]
        joined = next((group for group in near if incident in group.members), None)
        if joined is None:
            joined = next((group for group in near if group.takes(opened_at)), None)
            joined = joined or Group(f"{scope.kind} {scope.name} {opened_at}", scope, opened_at, ())
            joined = replace(joined, members=(*joined.members, incident))
        self.kept[joined.key] = joined
        return joined

    def get(self, key: str) -> Group | None:
        return self.kept.get(key)


class FakeDecisions:
    """The contract of `Decisions`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int, str, str], RecordedDecision] = {}

    def of(self, incident: str) -> Sequence[RecordedDecision]:
        return [record for (name, *_), record in self.kept.items() if name == incident]

    def keep(self, incident: str, records: Sequence[RecordedDecision]) -> Sequence[RecordedDecision]:
        rows = {
            (incident, record.revision, record.milestone, record.decision.receiver): record
            for record in records
        }
        if self.kept.keys() & rows.keys():
            states = {(record.revision, record.milestone) for record in records}
            return [record for record in self.of(incident) if (record.revision, record.milestone) in states]
        self.kept |= rows
        return records


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

    def hold(self, card: SharedCard, milestone: HeldMilestone) -> None:
        states = self.states.setdefault(card.name, {})
        if all(
            (state.incident, state.revision, state.milestone)
            != (milestone.incident, milestone.revision, milestone.milestone)
            for state in states
        ):
            states[milestone] = None
        self.open(card)

    def held_milestones(self, card: SharedCard) -> Sequence[HeldMilestone]:
        return sorted(
            self.states.get(card.name, {}),
            key=lambda milestone: (milestone.at, milestone.incident, milestone.revision),
        )

    def open_ones(self) -> Sequence[SharedCard]:
        return sorted(self.cards.values(), key=lambda card: (card.since, card.name))

    def save(self, card: SharedCard) -> None:
        self._unchanged(card)
        self.open(card)
        self.cards[card.name] = replace(card, etag=str(self._writes))

    def close(self, card: SharedCard, shown_milestones: Sequence[HeldMilestone] = ()) -> None:
        self._unchanged(card)
        del self.cards[card.name]
        for milestone in shown_milestones:
            self.states[card.name].pop(milestone, None)

    def _unchanged(self, card: SharedCard) -> None:
        if card.name not in self.cards or self.cards[card.name].etag != card.etag:
            raise LostRaceError(f"shared card {card.name}")
