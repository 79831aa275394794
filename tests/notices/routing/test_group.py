"""However incidents open, each is told once: alone, or on the card of a group that opened within 10 minutes."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.incidents.lifecycle import states
from shared.notices.gather import PAUSE
from shared.notices.routing.decide import RoutingReason
from shared.notices.routing.group import GROUP_SPAN, REGION, Group, GroupScope, group_with_card, scopes
from shared.notices.routing.shared_card import SharedCardKind
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.diagnoses import RESOURCE, START
from tests.notices.test_gather import House

MINUTE = timedelta(minutes=1)
WEST = GroupScope(REGION, "westeurope")
openings = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["failures", "drops", "handlers"]), st.integers(0, 7)),
    min_size=1,
    max_size=10,
    unique_by=lambda opening: opening[:2],
)


def played(openings: list[tuple[int, str, int]], region: str | None) -> House:
    """Open incidents, each some minutes after the one before, and let every minute gather what is due."""
    house = House(region=region)
    for place, symptom, pause in openings:
        for _ in range(pause):
            house.gathers(house.clock.moment + MINUTE)
            house.delivers()
        house.opens(place, symptom=symptom)
    for _ in range(PAUSE // MINUTE + 1):
        house.gathers(house.clock.moment + MINUTE)
        house.delivers()
    return house


@settings(max_examples=20)
@given(openings, st.sampled_from([None, "westeurope"]))
def test_each_incident_is_told_alone_or_on_a_card_that_names_it(
    opened: list[tuple[int, str, int]], region: str | None
) -> None:
    house = played(opened, region)
    group_cards = {card.key: card for card in house.cards.cards.values() if card.kind is SharedCardKind.GROUP}

    for incident in house.incidents.kept.values():
        (record,) = [
            entry for entry in house.decisions.of(incident.id) if entry.decision.receiver == "on-call"
        ]
        assert record.decision.reason in {RoutingReason.ROUTED, RoutingReason.GROUPED}
        if record.decision.reason is RoutingReason.GROUPED:
            group = house.groups.kept[record.decision.card]
            assert incident.id in group.members
            assert record.decision.card not in group_cards or group_cards[
                record.decision.card
            ].members_shown == len(group.members)


@settings(max_examples=20)
@given(openings, st.sampled_from([None, "westeurope"]))
def test_no_group_spans_more_than_ten_minutes_or_tells_more_than_two_alone(
    opened: list[tuple[int, str, int]], region: str | None
) -> None:
    house = played(opened, region)
    alone: dict[str, int] = defaultdict(int)

    for group in house.groups.kept.values():
        times = [house.incidents.kept[member].opened_at for member in group.members]
        assert max(times) - min(times) <= GROUP_SPAN
        if group.scope.kind == "region":
            alone[group.key] = sum(
                record.decision.reason is RoutingReason.ROUTED
                for member in group.members
                for record in house.decisions.of(member)
                if record.decision.receiver == "on-call"
            )
            assert alone[group.key] <= 2
            assert all(group_with_card([group], member) is not None for member in group.members[2:])


@settings(max_examples=20)
@given(openings)
def test_cards_stay_few_however_many_incidents_open(opened: list[tuple[int, str, int]]) -> None:
    house = played(opened, "westeurope")
    lasted = house.clock.moment - NOW
    groups = lasted // GROUP_SPAN + 1
    for_each = 2 + GROUP_SPAN // PAUSE + 1

    assert len(house.told()) <= groups * for_each


def test_what_its_cause_spoke_for_until_now_is_told_on_a_card_of_its_own() -> None:
    house = House()
    house.opens(1, symptom="handlers")
    effect = house.opens(1, symptom="drops")
    assert [RoutingReason.GROUPED] == house.reasons(effect)
    silent = house.incidents.save(replace(effect, joined_to="lobby-1.handlers.1"))
    worse = house.notifies(house.incidents.save(states.graded(silent, 1, NOW)))
    assert [RoutingReason.GROUPED, RoutingReason.CONSEQUENCE] == house.reasons(effect)
    house.clock.goes_on(40 * MINUTE)

    house.notifies(house.incidents.save(states.beside_cause(worse, None, house.clock.moment)))

    assert [RoutingReason.GROUPED, RoutingReason.CONSEQUENCE, RoutingReason.ROUTED] == house.reasons(effect)
    assert (
        "It is a consequence of lobby-1.handlers.1, which has ended; this one goes on." in house.last_card()
    )


def test_a_second_incident_of_a_resource_shares_a_card_and_a_second_of_a_region_does_not() -> None:
    of_resource, of_region = (
        Group("g", scope, START, ("a", "b")) for scope in reversed(scopes(RESOURCE, "westeurope"))
    )

    assert of_resource is group_with_card([of_resource], "b")
    assert group_with_card([of_resource], "a") is None
    assert group_with_card([of_region], "b") is None


def test_the_third_incident_of_a_region_shares_its_card_rather_than_that_of_its_resource() -> None:
    of_region = Group("g", WEST, START, ("a", "b", "c"))
    of_resource = Group("h", scopes(RESOURCE, None)[0], START, ("b", "c"))

    assert of_region is group_with_card([of_region, of_resource], "c")
    assert of_resource is group_with_card([of_resource], "c")


def test_a_resource_without_a_region_shares_only_with_itself() -> None:
    assert ["resource"] == [scope.kind for scope in scopes(RESOURCE, None)]


def test_a_group_takes_whoever_opened_within_ten_minutes_before_or_after_its_first() -> None:
    group = Group("g", WEST, START, ("a",))

    assert [False, True, True, True, False] == [
        group.takes(START + minutes * MINUTE) for minutes in (-10.1, -10, 0, 10, 10.1)
    ]


def test_a_group_takes_three_hundred_and_no_more() -> None:
    almost, full = (Group("g", WEST, START, ("a",) * count) for count in (299, 300))

    assert (True, False) == (almost.takes(START), full.takes(START))


def test_who_is_in_no_group_has_a_card_of_its_own_and_the_next_group_is_asked() -> None:
    of_region = Group("g", WEST, START, ("a", "b", "c"))
    of_resource = Group("h", scopes(RESOURCE, None)[0], START, ("x", "d"))

    assert group_with_card([of_region], "d") is None
    assert of_resource is group_with_card([of_region, of_resource], "d")
    assert group_with_card([], "d") is None
    assert group_with_card([of_resource], "e") is None


def test_a_region_says_more_than_a_resource() -> None:
    assert ["region westeurope", "contoso-rt (Web PubSub, group rg-realtime)"] == [
        str(scope) for scope in scopes(RESOURCE, "westeurope")
    ]
    assert [GroupScope("region", "westeurope"), GroupScope("resource", RESOURCE)] == list(
        scopes(RESOURCE, "westeurope")
    )
