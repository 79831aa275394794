"""One delivery at a time: what is sent, what is put off, and what is given up."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.receivers import Receiver
from shared.incidents.incident import Incident
from shared.notices.cards.sources import CardSources
from shared.notices.delivery.deliver import Result, deliver
from shared.notices.delivery.due import ask_for_what_is_due
from shared.notices.delivery.lane import CLAIM, LONGEST_PAUSE, pause_after
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.notice import Fate, Notice, lane_key
from shared.notices.notify import OutboxNotifier
from shared.notices.routing.decide import Decision, RoutingReason
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.fake_outbox import PostRoom, StandingClock, nothing
from tests.notices.milestones import ended, explained, opened

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
LANE = lane_key(opened().id, "default")
THROTTLED = PostAnswer(PostOutcome.RETRY, "Teams answered 429")
DOWN = PostAnswer(PostOutcome.RETRY, "Teams answered 503")
LOST = PostAnswer(PostOutcome.UNKNOWN, "shown, and the answer lost")
GONE = PostAnswer(PostOutcome.REFUSED, "Teams answered 404 (the flow was deleted)")
REPEAT = "This may be a repeat"


@pytest.fixture
def room() -> PostRoom:
    return PostRoom(StandingClock(NINE))


def tell(room: PostRoom, incident: Incident, *states: tuple[int, str], to: str = "default") -> None:
    """Tell states of an incident, as the watch does."""
    room.incidents[incident.id] = incident
    decided = (Decision(to, RoutingReason.ROUTED, ""),)
    notifier = OutboxNotifier(
        room.outbox, CardSources(FakeDocuments(), {}), room.clock, route=lambda *_: decided
    )
    for revision, milestone in states:
        notifier.notify(incident, revision, milestone)


def go_on(room: PostRoom, by: timedelta) -> list[Result]:
    """Let time pass, ask for what is due, and deliver it."""
    room.clock.goes_on(by)
    ask_for_what_is_due(room.lanes, room.outbox, room.turns(), room.clock.now())
    return room.drain()


def fates(room: PostRoom, lane: str = LANE) -> list[Fate]:
    return [notice.fate for notice in room.outbox.of(lane)]


def test_a_notice_is_posted_once_and_its_lane_forgotten(room: PostRoom) -> None:
    tell(room, opened(), (1, "opened"))

    assert [Result.DELIVERED] == room.drain()
    assert Result.NOTHING is deliver(LANE, room.delivery())
    assert (1, {}, [Fate.DELIVERED]) == (len(room.channels.shown), room.lanes.kept, fates(room))


def test_states_are_sent_in_their_order_though_they_are_asked_for_in_another(room: PostRoom) -> None:
    tell(room, explained(), (2, "escalated"), (1, "opened"))
    room.drain()

    first, second = room.shown()
    assert "It needs somebody" not in first
    assert "It needs somebody" in second


def test_what_is_not_taken_is_put_off_and_comes_when_it_is_due(room: PostRoom) -> None:
    room.channels.script = [DOWN]
    tell(room, opened(), (1, "opened"))

    assert [Result.LATER] == room.drain()
    assert [] == go_on(room, timedelta(seconds=1))
    assert [Result.DELIVERED] == go_on(room, timedelta(seconds=15))
    assert not any(REPEAT in text for text in room.shown())


def test_a_message_that_comes_too_early_sends_nothing(room: PostRoom) -> None:
    room.channels.script = [DOWN]
    tell(room, opened(), (1, "opened"))
    room.drain()

    assert Result.EARLY is deliver(LANE, room.delivery())
    assert 1 == len(room.channels.tried)


def test_pauses_double_up_to_a_quarter_of_an_hour_and_are_spread() -> None:
    lengths = [pause_after("a~default", attempt).total_seconds() for attempt in range(1, 40)]

    assert all(0.75 * 15 * 2**step <= lengths[step] <= 15 * 2**step for step in range(6))
    assert all(0.75 * 900 <= length <= LONGEST_PAUSE.total_seconds() for length in lengths[6:])
    assert len({pause_after(f"{lane}~default", 3) for lane in range(9)}) > 3


@pytest.mark.parametrize(
    "wait", [timedelta(minutes=4), NINE + timedelta(minutes=4)], ids=["seconds", "a date"]
)
def test_what_the_receiver_asks_for_holds_for_all_its_lanes(
    room: PostRoom, wait: timedelta | datetime
) -> None:
    room.channels.script = [replace(THROTTLED, retry_after=wait)]
    tell(room, opened(), (1, "opened"))
    tell(room, opened(symptom="web-pubsub-connection-drops"), (1, "opened"))

    assert [Result.LATER, Result.RATE_USED_UP] == room.drain()
    assert [] == go_on(room, timedelta(minutes=3, seconds=59))
    assert [Result.DELIVERED] * 2 == go_on(room, timedelta(seconds=1))


def test_a_wait_of_years_is_cut_to_an_hour(room: PostRoom) -> None:
    room.channels.script = [replace(THROTTLED, retry_after=timedelta(days=9_999))]
    tell(room, opened(), (1, "opened"))
    room.drain()

    assert [Result.DELIVERED] == go_on(room, timedelta(hours=1))


def test_a_card_whose_answer_was_lost_comes_again_and_says_so(room: PostRoom) -> None:
    room.channels.script = [LOST, DOWN]
    tell(room, opened(), (1, "opened"))
    room.drain()
    go_on(room, timedelta(minutes=1))
    go_on(room, timedelta(minutes=1))

    first, second = room.shown()
    assert (False, True) == (REPEAT in first, REPEAT in second)


def test_the_next_state_is_no_repeat_of_the_last(room: PostRoom) -> None:
    room.channels.script = [LOST]
    tell(room, opened(), (1, "opened"))
    room.drain()
    go_on(room, timedelta(minutes=1))
    tell(room, explained(), (2, "cause found"))
    room.drain()

    assert [False, True, False] == [REPEAT in text for text in room.shown()]


def test_a_crash_in_a_post_is_repeated_when_its_claim_ends(room: PostRoom) -> None:
    def crash(place: str) -> None:
        if place == "posted":
            raise ConnectionAbortedError(place)

    room.channels.gate = crash
    tell(room, opened(), (1, "opened"))
    with pytest.raises(ConnectionAbortedError):
        room.drain()
    room.channels.gate = lambda _: None

    assert Result.TAKEN is deliver(LANE, room.delivery())
    assert [] == go_on(room, CLAIM - timedelta(seconds=1))
    assert [Result.DELIVERED] == go_on(room, timedelta(seconds=1))
    assert [False, True] == [REPEAT in text for text in room.shown()]


def test_a_notice_that_comes_while_the_last_one_is_put_away_is_not_lost(room: PostRoom) -> None:
    incident = explained()

    def tell_another(place: str) -> None:
        if place == "remove the lane":
            room.lanes.gate = lambda _: None
            tell(room, incident, (2, "cause found"))
            room.outbox.asked.clear()  # and its message comes when we still hold the claim

    room.lanes.gate = tell_another
    tell(room, incident, (1, "opened"))
    room.drain()

    assert [Fate.DELIVERED] * 2 == fates(room)


def test_who_was_slower_than_its_claim_leaves_the_lane_to_the_next(room: PostRoom) -> None:
    def take_over(place: str) -> None:
        if place == "wrote the rate":
            room.rates.gate = lambda _: None
            room.clock.goes_on(CLAIM)
            lane = room.lanes.kept[LANE]
            room.lanes.save(lane.claimed_by("another", room.clock.now()))

    room.rates.gate = take_over
    tell(room, opened(), (1, "opened"))

    assert [Result.TAKEN] == room.drain()
    assert ([], "another") == (room.channels.tried, room.lanes.kept[LANE].claim)


def test_a_lane_that_changes_at_every_write_is_left_to_the_next(room: PostRoom) -> None:
    tell(room, opened(), (1, "opened"))

    def touch_before_each_write(place: str) -> None:
        if room.channels.shown and place in {"write the lane", "remove the lane"}:
            room.lanes.touch(LANE, "default", NINE)

    room.lanes.gate = touch_before_each_write
    assert [Result.TAKEN] == room.drain()

    room.lanes.gate = nothing
    assert [Result.NOTHING] == go_on(room, CLAIM)
    assert (1, {}, [Fate.DELIVERED]) == (len(room.channels.shown), room.lanes.kept, fates(room))


def test_a_lost_message_of_the_queue_is_asked_for_again(room: PostRoom) -> None:
    tell(room, opened(), (1, "opened"))
    room.outbox.asked.clear()

    assert [] == go_on(room, timedelta(seconds=119))
    assert [Result.DELIVERED] == go_on(room, timedelta(seconds=1))


def test_after_an_outage_an_incident_comes_as_one_card(room: PostRoom) -> None:
    room.channels.script = [DOWN]
    incident = explained()
    tell(room, incident, (1, "opened"))
    room.drain()
    tell(room, incident, (2, "cause found"))
    tell(room, incident, (3, "severity raised"))
    go_on(room, timedelta(minutes=1))

    (text,) = room.shown()
    assert "Sent late, for 3 cards at once" in text
    assert "Severity raised" in text
    assert "Timeline since" in text
    assert "**detected**" in text
    assert [Fate.MERGED, Fate.MERGED, Fate.DELIVERED] == fates(room)


def test_what_waited_long_for_a_slot_comes_as_one_card_too(room: PostRoom) -> None:
    tell(room, explained(), (1, "opened"), (2, "cause found"))
    room.outbox.asked.clear()
    go_on(room, timedelta(minutes=11))

    assert [Fate.MERGED, Fate.DELIVERED] == fates(room)


def test_announcements_are_never_merged(room: PostRoom) -> None:
    notifier = OutboxNotifier(room.outbox, CardSources(FakeDocuments(), {}), room.clock)
    room.channels.script = [DOWN]
    for key in ("blind", "sighted"):
        notifier.announce(key, key, "", NINE)
    room.drain()
    go_on(room, timedelta(hours=1))

    assert 2 == len(room.shown())


def test_a_refusal_is_a_dead_letter_and_holds_nothing_back(
    room: PostRoom, caplog: pytest.LogCaptureFixture
) -> None:
    room.channels.script = [GONE]
    tell(room, explained(), (1, "opened"), (2, "cause found"))

    assert [Result.GIVEN_UP, Result.DELIVERED] == room.drain()[:2]
    assert [Fate.DEAD, Fate.DELIVERED] == fates(room)
    assert [GONE.reason] == list(room.dead.kept.values())
    assert "default has no other fallback" in caplog.text


def with_fallback() -> PostRoom:
    receivers = (Receiver("on-call", "A", fallback="team"), Receiver("team", "B", fallback="on-call"))
    return PostRoom(StandingClock(NINE), receivers)


def test_what_is_refused_goes_to_the_fallback_which_learns_once_an_hour_why() -> None:
    room = with_fallback()
    room.channels.of_receiver["on-call"] = GONE
    tell(room, explained(), (1, "opened"), (2, "cause found"), to="on-call")
    tell(room, opened(symptom="web-pubsub-connection-drops"), (1, "opened"), to="on-call")
    room.drain()
    go_on(room, timedelta(seconds=2))

    cards = room.shown("team")
    assert 3 == sum(
        "For the receiver on-call, which refused it: Teams answered 404" in text for text in cards
    )
    assert 1 == sum("The receiver on-call refuses our cards" in text for text in cards)
    assert 4 == len(cards)


def test_two_receivers_that_both_refuse_do_not_go_on_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    room = with_fallback()
    room.channels.of_receiver = {"on-call": GONE, "team": GONE}
    tell(room, opened(), (1, "opened"), to="on-call")
    with caplog.at_level(logging.ERROR):
        room.drain()
        go_on(room, timedelta(minutes=10))

    assert [] == room.outbox.waiting()
    assert {} == room.lanes.kept
    assert "Nobody was told" in caplog.text


def test_a_fallback_that_has_the_card_already_is_told_why_and_no_more() -> None:
    room = with_fallback()
    room.channels.of_receiver["on-call"] = GONE
    for receiver in ("team", "on-call"):
        tell(room, opened(), (1, "opened"), to=receiver)
    room.drain()

    card, why = room.shown("team")
    assert "Cause: not known yet." in card
    assert "refuses our cards" in why


def test_a_notice_without_its_document_is_given_up_and_said_so() -> None:
    room = with_fallback()
    room.outbox.kept["feed~on-call/1"] = Notice("feed~on-call", "1", "on-call", "notices/gone.json", NINE)
    room.outbox.ask(room.outbox.kept["feed~on-call/1"], NINE)
    room.drain()

    assert ["its document is gone"] == list(room.dead.kept.values())
    assert any("A card is lost" in text for text in room.shown("team"))


def test_a_receiver_that_is_configured_no_more_is_waited_for_and_then_given_up(room: PostRoom) -> None:
    tell(room, opened(), (1, "opened"), to="former-team")

    assert [Result.LATER] == room.drain()
    room.outbox.asked.clear()
    assert [Result.GIVEN_UP] == go_on(room, timedelta(days=1, minutes=1))
    assert ["no receiver former-team is configured"] == list(room.dead.kept.values())


def test_what_went_to_a_receiver_that_never_was_goes_to_those_who_are_decided_on_now(room: PostRoom) -> None:
    """A file of receivers that was broken for ten minutes sends nothing into the void for good."""
    tell(room, opened(), (1, "opened"), (2, "cause found"), to="nobody")
    assert [Result.LATER, Result.EARLY] == room.drain()

    room.receivers, room.successors = (
        (Receiver("on-call", "URL"), Receiver("leads", "URL")),
        ("on-call", "leads"),
    )
    results = go_on(room, LONGEST_PAUSE)

    assert Result.DECIDED_AGAIN is results[0]
    assert [1, 1] == [
        len(room.shown("on-call")),
        len(room.shown("leads")),
    ]  # of both states, for they are late
    assert [Fate.SUPPRESSED] * 2 == fates(room, lane_key(opened().id, "nobody"))
    assert {} == room.dead.kept
    assert [] == go_on(room, LONGEST_PAUSE)


def test_whoever_was_told_already_is_not_told_again_for_a_receiver_that_is_no_more(room: PostRoom) -> None:
    room.receivers = (Receiver("on-call", "URL"),)
    room.successors = ("on-call",)
    for receiver in ("on-call", "former-team"):
        tell(room, opened(), (1, "opened"), to=receiver)
    room.drain()

    assert 1 == len(room.shown("on-call"))


def test_what_was_decided_to_be_silent_ends_with_its_receiver(room: PostRoom) -> None:
    tell(room, opened(), (1, "opened"), to="nobody")
    room.successors = ()

    assert [Result.DECIDED_AGAIN] == room.drain()
    assert {} == room.dead.kept


@pytest.mark.parametrize(
    "place", ["write the notice", "wrote the notice", "ask in the queue", "settle the notices"]
)
def test_who_falls_over_while_it_decides_again_tells_everybody_once(room: PostRoom, place: str) -> None:
    tell(room, opened(), (1, "opened"), to="nobody")
    room.receivers, room.successors = (
        (Receiver("on-call", "URL"), Receiver("leads", "URL")),
        ("on-call", "leads"),
    )
    crashes = iter([place])

    def gate(passed: str) -> None:
        if passed == place and next(crashes, None):
            raise ConnectionResetError(place)

    room.outbox.gate = gate
    with pytest.raises(ConnectionResetError):
        room.drain()
    for _ in range(3):
        go_on(room, CLAIM + LONGEST_PAUSE)

    assert [1, 1] == [len(room.shown("on-call")), len(room.shown("leads"))]


def test_the_card_of_an_end_that_was_late_is_that_of_the_end(room: PostRoom) -> None:
    from shared.incidents.incident import Ending

    room.channels.script = [DOWN]
    incident = ended(Ending.HELD)
    tell(room, incident, (1, "opened"))
    room.drain()
    tell(room, incident, (5, "resolved"))
    go_on(room, timedelta(hours=1))

    (text,) = room.shown()
    assert "Resolved: back within its goal for 30 minutes." in text
