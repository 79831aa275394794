"""What a silence holds back comes in one digest, and incidents of one time come on one card."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from shared.configuration.match import Match
from shared.configuration.receivers import Receiver, Route, Routing
from shared.configuration.resources import WatchedResource
from shared.configuration.silences import Silence
from shared.incidents.incident import Ending, Incident, Milestone, Notification
from shared.incidents.lifecycle import states
from shared.notices.cards.group_card import Words
from shared.notices.cards.sources import CardSources
from shared.notices.gather import PAUSE, Gatherer
from shared.notices.notice import Fate, Notice
from shared.notices.notify import OutboxNotifier
from shared.notices.routing.decide import RoutingReason
from shared.notices.routing.ruling import Router
from shared.notices.routing.silence import card_silence
from shared.races import LostRaceError
from shared.redaction import UserIds
from tests.incidents.fake_incidents import FakeDocuments, FakeIncidents
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import incident
from tests.notices.diagnoses import RESOURCE
from tests.notices.fake_outbox import FakeOutbox, StandingClock
from tests.notices.fake_router import FakeDecisions, FakeGroups, FakeSharedCards, FakeSilences

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
QUIET = Silence("quiet", "people sleep", Match(severity=(2, 3)), NOW - HOUR, NOW + 3 * HOUR)
LONGER = Silence("longer", "load test", Match(resource=("*/lobby-1",)), NOW, NOW + 5 * HOUR)


@dataclass
class House:
    """A router and its stores in memory, and the people it notifies."""

    clock: StandingClock = field(default_factory=lambda: StandingClock(NOW))
    silences: FakeSilences = field(default_factory=FakeSilences)
    incidents: FakeIncidents = field(default_factory=FakeIncidents)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    decisions: FakeDecisions = field(default_factory=FakeDecisions)
    cards: FakeSharedCards = field(default_factory=FakeSharedCards)
    groups: FakeGroups = field(default_factory=FakeGroups)
    region: str | None = None

    @property
    def router(self) -> Router:
        lobbies = [f"{RESOURCE.rpartition('/')[0]}/lobby-{place}" for place in range(30)]
        return Router(
            routing=Routing(
                (Receiver("on-call", "A"), Receiver("leads", "B")), (Route(to=("on-call",), then=("leads",)),)
            ),
            resources={
                resource: WatchedResource(resource, "w", "w", "w", region=self.region) for resource in lobbies
            },
            regions=dict,
            silences=self.silences,
            groups=self.groups,
            decisions=self.decisions,
            cards=self.cards,
            clock=self.clock,
        )

    def opens(self, place: int, severity: int = 2, symptom: str = "failures") -> Incident:
        resource = f"{RESOURCE.rpartition('/')[0]}/lobby-{place}"
        name = f"lobby-{place}.{symptom}.1"
        fresh = replace(
            incident(severity), id=name, resource=resource, symptom=symptom, opened_at=self.clock.moment
        )
        return self.notifies(self.incidents.create(fresh, None))

    def notifies(self, incident: Incident) -> Incident:
        """Tell what an incident owes, as the watch does."""
        notifier = OutboxNotifier(
            self.outbox, CardSources(FakeDocuments(), {}), self.clock, route=self.router.rule
        )  # type: ignore[arg-type]
        current = incident
        for state in incident.unnotified:
            receivers = notifier.notify(current, state.revision, state.milestone)
            current = states.notified(current, state, self.clock.moment, receivers) if receivers else current
        return self.incidents.save(replace(current, unnotified=()))

    def ends(self, incident: Incident) -> Incident:
        return self.notifies(
            self.incidents.save(states.resolved(incident, Ending.BY_HAND, self.clock.moment))
        )

    def gathers(self, at: datetime | None = None) -> None:
        self.clock.moment = at or self.clock.moment
        Gatherer(self.router, self.incidents, self.outbox, Words({}, UserIds("salt"))).gather(
            self.clock.moment
        )

    def told(self, receiver: str = "on-call") -> list[str]:
        """Return the headlines of the cards of a receiver, in the order in which they were written."""
        return [_headline(self.outbox.texts[notice.document]) for notice in self._sent(receiver)]

    def last_card(self) -> str:
        return self.outbox.texts[self._sent("on-call")[-1].document]

    def delivers(self) -> None:
        delivered = [replace(notice, fate=Fate.DELIVERED) for notice in self.outbox.waiting()]
        self.outbox.settle(delivered)

    def _sent(self, receiver: str) -> list[Notice]:
        notices = [notice for notice in self.outbox.kept.values() if notice.receiver == receiver]
        return [notice for notice in notices if notice.fate in {Fate.PENDING, Fate.DELIVERED}]

    def reasons(self, incident: Incident) -> list[RoutingReason]:
        return [
            record.decision.reason
            for record in self.decisions.of(incident.id)
            if record.decision.receiver == "on-call"
        ]


def _headline(text: str) -> str:
    first, *others = json.loads(text)["attachments"][0]["content"]["body"][0]["items"]
    if "text" in first:  # a card that several share
        return str(first["text"]).partition(" · ")[0]
    severity = first["columns"][0]["items"][0]["text"].partition(" · ")[0].capitalize()
    return f"{severity}: {others[0]['text'].partition(':')[0]}"


# ---- digests ----


def quiet(*silences: Silence) -> House:
    return House(silences=FakeSilences(QUIET, *silences))


def test_what_a_silence_held_back_comes_once_when_it_ends() -> None:
    house = quiet()
    first, second = house.opens(1), house.opens(2, 3)
    house.clock.goes_on(HOUR)
    house.ends(first)
    house.gathers()
    assert [] == house.told()

    for minutes in (0, 1, 2):
        house.gathers(NOW + 3 * HOUR + minutes * MINUTE)
    assert ["Digest: 2 incidents while it was silent"] == house.told()
    assert [] == house.told("leads")
    card = house.last_card()
    assert "Held back (UTC): opened 02:16, resolved 03:16" in card
    assert "people sleep" in card
    assert [RoutingReason.SILENCED, RoutingReason.DIGEST] == house.reasons(second)


def test_whoever_read_the_digest_hears_of_the_end_in_the_next_silence() -> None:
    house = quiet()
    house.opens(1)
    house.gathers(NOW + 3 * HOUR)
    house.clock.moment = NOW + 4 * HOUR
    again = replace(QUIET, id="again", start=NOW + 4 * HOUR, end=NOW + 8 * HOUR)
    house.silences.kept.append(again)
    lobby = house.ends(house.incidents.kept["lobby-1.failures.1"])

    assert [RoutingReason.SILENCED, RoutingReason.DIGEST, RoutingReason.ROUTED] == house.reasons(lobby)
    assert 2 == len(house.told())


def test_an_open_incident_of_a_digest_waits_for_somebody_from_then_on() -> None:
    house = quiet()
    assert house.opens(1).notified_at is None
    house.gathers(NOW + 3 * HOUR)

    assert NOW + 3 * HOUR == house.incidents.kept["lobby-1.failures.1"].notified_at


def test_what_is_silenced_by_another_silence_waits_for_that_ones_digest() -> None:
    house = quiet()
    house.opens(1)
    house.opens(2)
    house.silences.kept.append(LONGER)

    house.gathers(NOW + 3 * HOUR)
    assert ["Digest: 1 incident while it was silent"] == house.told()
    assert "lobby-2" in house.last_card()
    house.gathers(NOW + 5 * HOUR)
    assert 2 * ["Digest: 1 incident while it was silent"] == house.told()
    assert "lobby-1" in house.last_card()
    assert "load test" in house.last_card()


def test_a_silence_that_is_taken_out_of_the_file_ends_at_once() -> None:
    house = quiet()
    house.opens(1)
    house.silences.kept.clear()
    house.gathers(NOW + MINUTE)

    assert ["Digest: 1 incident while it was silent"] == house.told()


def test_a_silence_from_a_card_ends_with_its_incident() -> None:
    house = House()
    lobby = house.opens(1)
    house.clock.goes_on(MINUTE)
    house.silences.add(card_silence(lobby.id, "alice", house.clock.moment, reason="we know"))
    worse = replace(lobby, severity=1, unnotified=(Notification(lobby.revision + 1, Milestone.WORSE),))
    lobby = house.notifies(house.incidents.save(worse))
    house.gathers(NOW + HOUR)
    assert 1 == len(house.told())

    house.ends(lobby)
    house.gathers()
    assert [
        RoutingReason.ROUTED,
        RoutingReason.SILENCED,
        RoutingReason.ROUTED,
        RoutingReason.DIGEST,
    ] == house.reasons(lobby)
    assert "we know (by alice)" in house.last_card()


def test_a_digest_that_could_not_be_noted_is_not_told_twice() -> None:
    class Racing(FakeIncidents):
        lost = 0

        def save(self, incident: Incident) -> Incident:
            if "told: in a digest" in {entry.what for entry in incident.timeline} and not self.lost:
                self.lost += 1
                raise LostRaceError(incident.id)
            return super().save(incident)

    house = House(silences=FakeSilences(QUIET), incidents=Racing())
    house.opens(1)
    house.gathers(NOW + 3 * HOUR)
    assert 1 == len(house.cards.cards)
    house.gathers(NOW + 3 * HOUR + MINUTE)

    assert ["Digest: 1 incident while it was silent"] == house.told()
    assert {} == house.cards.cards


# ---- groups ----


def test_the_second_incident_of_a_resource_and_those_after_it_share_one_card() -> None:
    house = House()
    for symptom in ("failures", "drops", "handlers"):
        house.opens(1, symptom=symptom)
        house.clock.goes_on(3 * MINUTE)
    house.gathers()

    assert ["Sev 2: failures", "3 incidents: lobby-1 (Web PubSub, group rg-realtime)"] == house.told()


@pytest.mark.parametrize(("count", "cards"), [(2, 2), (3, 3), (25, 3)])
def test_three_or_more_incidents_of_a_region_share_one_card(count: int, cards: int) -> None:
    house = House(region="westeurope")
    for place in range(count):
        house.opens(place)
        house.clock.goes_on(timedelta(seconds=20))
    house.gathers()
    house.gathers()

    assert cards == len(house.told())
    assert (count > 2) is (f"{count} incidents: region westeurope" in house.told())


def test_incidents_without_a_region_and_those_that_come_later_have_cards_of_their_own() -> None:
    house, slow = House(), House(region="westeurope")
    for place in range(4):
        house.opens(place)
        slow.opens(place)
        slow.clock.goes_on(11 * MINUTE)
        for either in (house, slow):
            either.gathers()

    assert 4 * ["Sev 2: failures"] == house.told() == slow.told()


def storm() -> House:
    house = House(region="westeurope")
    for place in range(3):
        house.opens(place)
    house.gathers()
    return house


def test_who_joins_while_the_groups_card_waits_is_drawn_into_it() -> None:
    house = storm()
    house.opens(3)
    house.gathers(NOW + MINUTE)

    assert ["Sev 2: failures", "Sev 2: failures", "4 incidents: region westeurope"] == house.told()


def test_who_joins_after_it_was_delivered_comes_on_one_more_card_some_minutes_later() -> None:
    house = storm()
    house.delivers()
    for place in (3, 4):
        house.opens(place)
        house.gathers(house.clock.moment + MINUTE)
    assert 3 == len(house.told())

    house.gathers(NOW + PAUSE)
    house.gathers(NOW + PAUSE + MINUTE)
    assert ["3 incidents: region westeurope", "5 incidents: region westeurope"] == house.told()[2:]


def test_a_group_is_forgotten_when_nobody_can_join_it_any_more() -> None:
    house = storm()
    house.gathers(NOW + 15 * MINUTE)
    assert 1 == len(house.cards.cards)
    house.gathers(NOW + 21 * MINUTE)

    assert {} == house.cards.cards


def test_later_states_of_a_member_come_on_cards_of_its_own() -> None:
    house = storm()
    third = house.incidents.kept["lobby-2.failures.1"]
    house.ends(third)

    assert [RoutingReason.GROUPED, RoutingReason.ROUTED] == house.reasons(third)


def test_a_state_that_is_told_again_is_decided_as_it_was() -> None:
    house = quiet()
    lobby = house.opens(1)
    house.clock.moment = NOW + 9 * HOUR  # the silence is over; whoever repeats the telling does not know
    house.notifies(replace(lobby, unnotified=(Notification(1, Milestone.OPENED),)))

    assert [] == house.told()
    assert [RoutingReason.SILENCED] == house.reasons(lobby)


def test_two_milestones_of_one_revision_are_decided_each_on_its_own() -> None:
    house = House()
    lobby = house.opens(1)
    house.notifies(replace(lobby, unnotified=(Notification(1, Milestone.WORSE),)))

    assert [RoutingReason.ROUTED, RoutingReason.ROUTED] == house.reasons(lobby)


def test_a_state_that_was_told_is_not_held_for_a_digest_when_it_is_told_again() -> None:
    house = House()
    lobby = house.opens(1)
    house.silences.kept.append(QUIET)
    house.notifies(replace(lobby, unnotified=(Notification(1, Milestone.OPENED),)))

    assert {} == house.cards.cards
    assert ["Sev 2: failures"] == house.told()


def test_incidents_that_a_silence_holds_back_make_no_group() -> None:
    house = quiet()
    house.opens(1)
    house.silences.kept.clear()
    house.opens(1, symptom="drops")
    house.gathers()

    assert "Sev 2: drops" in house.told()


def test_nobody_is_next_while_a_silence_holds() -> None:
    house = House()
    lobby = house.opens(1)
    assert 1 == house.router.steps(lobby)
    house.silences.kept.append(QUIET)

    assert 0 == house.router.steps(lobby)
    house.clock.moment = NOW + 3 * HOUR
    assert 1 == house.router.steps(lobby)
