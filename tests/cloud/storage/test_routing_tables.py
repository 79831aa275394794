"""What rulings are made from is kept the same in memory and in tables, whoever writes first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.cloud.storage.notices.decisions import TableDecisions
from shared.cloud.storage.notices.groups import TableGroups
from shared.cloud.storage.notices.shared_cards import TableSharedCards
from shared.cloud.storage.notices.silences import TableSilences
from shared.configuration.match import Match
from shared.configuration.silences import Silence
from shared.errors import InputError
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import Decisions, RecordedDecision, notified_receivers
from shared.notices.routing.group import MOST_MEMBERS, REGION, RESOURCE, Groups, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind, SharedCards
from shared.notices.routing.silence import Silences, card_silence, maintenance_silence
from shared.races import LostRaceError
from tests.notices.fake_router import FakeDecisions, FakeGroups, FakeSharedCards, FakeSilences

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

NOW = datetime(2026, 11, 12, 2, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEST = GroupScope(REGION, "westeurope")
QUIET = Silence("file-1", "load test", Match(severity=(4,)), NOW, NOW + 9 * MINUTE)
PLACES = ["in memory", "in a table"]


@pytest.fixture(params=PLACES)
def account(request: pytest.FixtureRequest) -> "Storage | None":
    return request.getfixturevalue("storage") if request.param == "in a table" else None


@pytest.fixture
def groups(account: "Storage | None") -> Groups:
    return TableGroups(account.table("groups")) if account else FakeGroups()


@pytest.fixture
def decisions(account: "Storage | None") -> Decisions:
    return TableDecisions(account.table("decisions")) if account else FakeDecisions()


@pytest.fixture
def cards(account: "Storage | None") -> SharedCards:
    return TableSharedCards(account.table("sharedcards")) if account else FakeSharedCards()


@pytest.fixture
def silences(account: "Storage | None") -> Silences:
    return TableSilences(account.table("silences"), [QUIET]) if account else FakeSilences(QUIET)


# ---- groups ----


def test_incidents_within_ten_minutes_of_the_first_are_a_group(groups: Groups) -> None:
    groups.join(WEST, "a", NOW)
    groups.join(WEST, "b", NOW + 6 * MINUTE)
    third = groups.join(WEST, "c", NOW + 10 * MINUTE)

    assert (("a", "b", "c"), NOW) == (third.members, third.since)
    assert third == groups.get(third.key)
    assert ("d",) == groups.join(WEST, "d", NOW + 11 * MINUTE).members


def test_joining_again_is_no_change(groups: Groups) -> None:
    groups.join(WEST, "a", NOW)

    assert groups.join(WEST, "b", NOW + MINUTE) == groups.join(WEST, "b", NOW + MINUTE)


def test_another_region_or_resource_is_another_group(groups: Groups) -> None:
    groups.join(WEST, "a", NOW)

    assert ("b",) == groups.join(GroupScope(RESOURCE, "westeurope"), "b", NOW).members
    assert ("c",) == groups.join(GroupScope(REGION, "eastus"), "c", NOW).members


def test_there_is_no_group_of_a_key_that_nobody_made(groups: Groups) -> None:
    assert groups.get("nothing~here") is None


def test_the_largest_group_fits_its_row(groups: Groups) -> None:
    if not isinstance(groups, TableGroups):
        pytest.skip("memory holds any")
    first = groups.join(WEST, f"{'f' * 16}.acs-transcription-websocket-drops.0", NOW)
    full = replace(
        first,
        members=tuple(f"{'f' * 16}.acs-transcription-websocket-drops.{number}" for number in range(300)),
    )
    _, etag = groups._near(WEST, NOW)[0]

    assert groups._grow(full, etag)
    assert MOST_MEMBERS == len(groups.join(WEST, full.members[7], NOW).members)
    assert ("one more",) == groups.join(WEST, "one more", NOW + MINUTE).members


# ---- decisions ----


def kept_of(
    milestone: str, reason: RoutingReason, receiver: str = "on-call", *, at: datetime = NOW, revision: int = 1
) -> RecordedDecision:
    return RecordedDecision(at, revision, milestone, Decision(receiver, reason, "Because it is so.", "card"))


def test_decisions_are_read_back_as_they_were_made(decisions: Decisions) -> None:
    opened = [kept_of("opened", RoutingReason.ROUTED), kept_of("opened", RoutingReason.SILENCED, "leads")]
    later = [kept_of("cause found", RoutingReason.ROUTED, at=NOW + MINUTE, revision=4)]
    decisions.keep("lobby.drops.1", opened)
    decisions.keep("lobby.drops.1", later)
    decisions.keep("lobby.drops.2", [kept_of("opened", RoutingReason.GROUPED)])

    records = decisions.of("lobby.drops.1")
    assert sorted([*opened, *later], key=str) == sorted(records, key=str)
    assert frozenset({"on-call"}) == notified_receivers(records)


def test_whoever_decided_first_counts(decisions: Decisions) -> None:
    first = [
        kept_of("opened", RoutingReason.SILENCED),
        kept_of("opened", RoutingReason.NOT_ADDRESSED, "leads"),
    ]
    second = [
        kept_of("opened", RoutingReason.ROUTED, at=NOW + MINUTE),
        kept_of("opened", RoutingReason.ROUTED, "new-one"),
    ]
    decisions.keep("lobby.drops.1", first)

    assert sorted(first, key=str) == sorted(decisions.keep("lobby.drops.1", second), key=str)
    assert 2 == len(decisions.of("lobby.drops.1"))


# ---- shared cards ----

DIGEST = SharedCard(
    SharedCardKind.DIGEST, "file-1~night", "on-call", "load test", NOW, NOW + 9 * MINUTE, "lobby.drops.1"
)
OPENED = HeldMilestone("lobby.drops.1", 1, "opened", NOW + MINUTE)
WORSE = HeldMilestone("lobby.drops.1", 5, "severity raised", NOW + 3 * MINUTE)


def test_a_digest_holds_what_was_held_back_once(cards: SharedCards) -> None:
    for milestone in (WORSE, OPENED, OPENED):
        cards.hold(DIGEST, milestone)

    (card,) = cards.open_ones()
    assert DIGEST == replace(card, etag="")
    assert [OPENED, WORSE] == list(cards.held_milestones(card))


def test_a_card_that_was_closed_is_gone_with_what_it_told(cards: SharedCards) -> None:
    cards.hold(DIGEST, OPENED)
    (card,) = cards.open_ones()
    cards.close(card, cards.held_milestones(card))
    assert [] == list(cards.open_ones())

    cards.hold(DIGEST, WORSE)
    assert [WORSE] == list(cards.held_milestones(DIGEST))


def test_a_card_is_not_closed_over_what_came_in_meanwhile(cards: SharedCards) -> None:
    cards.hold(DIGEST, OPENED)
    (card,) = cards.open_ones()
    cards.hold(DIGEST, WORSE)

    with pytest.raises(LostRaceError):
        cards.close(card, [OPENED])
    with pytest.raises(LostRaceError):
        cards.save(replace(card, members_shown=1))


def test_a_card_that_is_opened_again_stays_as_it_is(cards: SharedCards) -> None:
    card = cards.open(DIGEST)
    cards.save(replace(card, members_shown=3, drawn_at=NOW))

    again = cards.open(DIGEST)
    assert (3, NOW) == (again.members_shown, again.drawn_at)


# ---- silences ----


def test_a_silence_of_a_card_stands_beside_those_of_the_file(silences: Silences) -> None:
    silence = card_silence("lobby.drops.1", "alice (unverified)", NOW, reason="we know", length=60 * MINUTE)
    silences.add(silence)
    silences.add(replace(silence, reason="a second click"))

    assert {QUIET, silence} == set(silences.active(NOW))
    assert (silence,) == silences.active(NOW + 9 * MINUTE)
    assert () == silences.active(NOW + 60 * MINUTE)


def test_a_silence_of_a_maintenance_holds_for_its_resources_and_its_time(silences: Silences) -> None:
    lobby = "/subscriptions/5f/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
    start, end = NOW + 60 * MINUTE, NOW + 90 * MINUTE
    silence = maintenance_silence("VN1K-9W8", [lobby], "alice (unverified)", start=start, end=end)
    silences.add(silence)

    assert [QUIET] == list(silences.active(NOW))
    assert (silence,) == silences.active(start)
    assert () == silences.active(end)


@pytest.mark.parametrize("change", [{"match": Match()}, {"end": None}])
def test_a_table_keeps_no_silence_that_fits_everything_or_never_ends(
    change: dict[str, Any], storage: "Storage"
) -> None:
    with pytest.raises(InputError):
        TableSilences(storage.table("silences")).add(replace(QUIET, **change))
