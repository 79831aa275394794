"""What a ruling looks at, what it keeps, and what it notes for shared cards."""

from dataclasses import replace
from datetime import timedelta

from shared.configuration.match import Match
from shared.configuration.receivers import Routing
from shared.configuration.resources import WatchedResource
from shared.configuration.silences import Silence
from shared.incidents.incident import Incident, Milestone, Notification
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import Group, GroupScope
from shared.notices.routing.ruling import Router, digest_card, group_card
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.notices.routing.silence import Occurrence, card_silence, occurrence
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import incident
from tests.notices.diagnoses import RESOURCE
from tests.notices.fake_outbox import StandingClock
from tests.notices.fake_router import FakeDecisions, FakeGroups, FakeSharedCards, FakeSilences
from tests.notices.routing.test_decide import ROUTING

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OPENED = Notification(1, Milestone.OPENED)
NIGHT = Silence("night", "people sleep", Match(severity=(2,)), NOW - HOUR, NOW + 3 * HOUR)
LOBBY = WatchedResource(RESOURCE, "w", "w", "w", environment="staging", region="westeurope")


def router(*silences: Silence, resource: WatchedResource | None = LOBBY, **learnt: str) -> Router:
    return Router(
        routing=ROUTING,
        resources={RESOURCE: resource} if resource else {},
        regions=lambda: {RESOURCE: learnt["region"]} if learnt else {},
        silences=FakeSilences(*silences),
        groups=FakeGroups(),
        decisions=FakeDecisions(),
        cards=FakeSharedCards(),
        clock=StandingClock(NOW),
    )


def named(place: int, **changes: object) -> Incident:
    return replace(incident(), id=f"lobby.failures.{place}", opened_at=NOW, **changes)  # type: ignore[arg-type]


def reason(decisions: tuple[Decision, ...], receiver: str = "on-call") -> RoutingReason:
    return next(decision.reason for decision in decisions if decision.receiver == receiver)


def test_a_decision_is_kept_with_its_moment_and_milestone() -> None:
    house = router()
    decisions = house.rule(incident(), OPENED)

    assert [RecordedDecision(NOW, 1, "opened", decision) for decision in decisions] == list(
        house.decisions.of(incident().id)
    )
    assert ["on-call", "leads", "chat-team"] == [decision.receiver for decision in decisions]


def test_what_was_decided_once_stands_and_whoever_was_notified_stays_notified() -> None:
    house = router()
    house.rule(incident(3), OPENED)  # goes to the chat team
    again = house.rule(incident(2), OPENED)
    worse = house.rule(incident(2), Notification(2, Milestone.WORSE))

    assert RoutingReason.ROUTED is reason(again, "chat-team")
    assert (RoutingReason.ROUTED, RoutingReason.ALREADY_NOTIFIED, RoutingReason.NOT_ADDRESSED) == (
        reason(worse),
        reason(worse, "chat-team"),
        reason(worse, "leads"),
    )


def test_a_decision_for_a_receiver_that_does_not_exist_is_taken_again() -> None:
    """The file of receivers was broken when it was taken, so that the default one was decided on."""
    house = router()
    blind = replace(house, routing=Routing())
    assert ["default"] == [decision.receiver for decision in blind.rule(incident(), OPENED)]

    again = house.rule(incident(), OPENED)

    assert ["on-call", "leads", "chat-team"] == [decision.receiver for decision in again]
    assert RoutingReason.ROUTED is reason(again)
    assert set(again) <= set(house.rule(incident(), OPENED))


def test_a_decision_stands_while_one_of_its_receivers_exists() -> None:
    house = router()
    house.rule(incident(3), OPENED)  # goes to the chat team
    fewer = tuple(receiver for receiver in ROUTING.receivers if receiver.name in {"leads", "chat-team"})
    decisions = replace(house, routing=replace(ROUTING, receivers=fewer)).rule(incident(2), OPENED)

    assert RoutingReason.ROUTED is reason(decisions, "chat-team")
    assert RoutingReason.NOT_ADDRESSED is reason(decisions, "leads")


def test_what_was_told_before_a_silence_is_not_held_for_its_digest_when_it_is_ruled_on_again() -> None:
    house = router()
    house.rule(incident(), OPENED)
    house.silences.add(NIGHT)

    assert RoutingReason.ROUTED is reason(house.rule(incident(), OPENED))
    assert [] == list(house.cards.open_ones())


def test_a_silence_fits_by_what_the_file_says_of_a_resource() -> None:
    staging = replace(NIGHT, match=Match(environment=("staging",)))
    held, current = router(staging), occurrence(staging, NOW)
    assert current is not None

    assert RoutingReason.SILENCED is reason(held.rule(incident(), OPENED))
    assert RoutingReason.ROUTED is reason(router(staging, resource=None).rule(incident(), OPENED))
    assert current == held.silence(incident(), [current])
    assert router(staging, resource=None).silence(incident(), [current]) is None


def test_what_a_silence_holds_back_is_noted_for_its_digest() -> None:
    house = router(NIGHT)
    other = replace(NIGHT, id="other", end=NOW + HOUR)
    house.silences.add(other)
    house.rule(incident(), OPENED)
    (card,) = house.cards.open_ones()

    assert (SharedCardKind.DIGEST, "on-call", "people sleep", NOW - HOUR, NOW + 3 * HOUR, None) == (
        card.kind,
        card.receiver,
        card.about,
        card.since,
        card.until,
        card.incident,
    )
    assert [HeldMilestone(incident().id, 1, "opened", NOW)] == list(house.cards.held_milestones(card))


def test_a_digest_of_a_cards_silence_says_who_made_it_and_of_which_incident() -> None:
    silence = card_silence("lobby.drops.1", "alice", NOW, reason="we know")
    night = Occurrence(silence, NOW, NOW + 4 * HOUR)

    assert SharedCard(
        SharedCardKind.DIGEST,
        night.key,
        "leads",
        "we know (by alice)",
        NOW,
        NOW + 4 * HOUR,
        "lobby.drops.1",
    ) == digest_card(night, "leads")


def test_a_groups_card_says_what_its_incidents_have_in_common_and_since_when() -> None:
    group = Group("storm", GroupScope("region", "westeurope"), NOW, ("a", "b", "c"))

    assert SharedCard(SharedCardKind.GROUP, "storm", "leads", "region westeurope", NOW, NOW) == group_card(
        group, "leads"
    )


def test_the_second_incident_of_a_resource_opens_a_groups_card_for_whom_its_route_names() -> None:
    house = router()
    house.rule(named(1), OPENED)
    decisions = house.rule(named(2), OPENED)
    (card,) = house.cards.open_ones()

    assert (RoutingReason.GROUPED, card.key) == (reason(decisions), decisions[0].card)
    assert (SharedCardKind.GROUP, "on-call") == (card.kind, card.receiver)
    assert "One card for contoso-rt (Web PubSub, group rg-realtime), with 1 other incident." == (
        decisions[0].text
    )


def test_only_openings_share_a_groups_card() -> None:
    house = router()
    house.rule(named(1), OPENED)

    assert RoutingReason.ROUTED is reason(house.rule(named(2), Notification(2, Milestone.CAUSE_FOUND)))
    assert 2 == len(house.groups.kept)
    assert {("lobby.failures.1",)} == {group.members for group in house.groups.kept.values()}


def test_a_consequence_joins_no_group_and_neither_does_what_was_one() -> None:
    house = router()
    house.rule(named(1), OPENED)
    house.rule(named(2, joined_to="lobby.handlers.1"), OPENED)
    house.rule(named(3, released_from="lobby.handlers.1"), OPENED)

    assert {("lobby.failures.1",)} == {group.members for group in house.groups.kept.values()}


def test_the_region_that_the_file_names_counts_before_the_one_that_was_learnt() -> None:
    def scopes(house: Router) -> list[str]:
        house.rule(named(1), OPENED)
        return [str(group.scope) for group in house.groups.kept.values()]  # type: ignore[attr-defined]

    lobby = "contoso-rt (Web PubSub, group rg-realtime)"
    assert ["region westeurope", lobby] == scopes(router(region="northeurope"))
    assert ["region northeurope", lobby] == scopes(router(resource=None, region="northeurope"))
    assert ["region northeurope", lobby] == scopes(
        router(resource=replace(LOBBY, region=None), region="northeurope")
    )
    assert [lobby] == scopes(router(resource=None))


def test_as_many_may_be_next_as_the_route_names_and_nobody_in_a_silence() -> None:
    assert (2, 0, 0) == tuple(router().steps(incident(severity)) for severity in (2, 3, 4))
    assert 0 == router(NIGHT).steps(incident(2))
    assert 2 == router(replace(NIGHT, match=Match(severity=(3,)))).steps(incident(2))


def test_a_route_for_an_environment_has_its_own_next_receivers() -> None:
    in_production = replace(
        router(),
        routing=replace(
            ROUTING, routes=(replace(ROUTING.routes[0], match=Match(environment=("production",))),)
        ),
    )

    assert 0 == in_production.steps(incident(2))
    assert 2 == replace(in_production, resources={}).steps(incident(2))
