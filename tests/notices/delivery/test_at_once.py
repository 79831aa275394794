"""What a function asked for is delivered at its end, with the claim and the rate of the queue, and holds nobody up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shared.configuration.receivers import Receiver
from shared.notices.cards.elements import message
from shared.notices.cards.envelope import Message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.at_once import BUDGET, JustAsked, SlowReceivers, deliver_at_once
from shared.notices.delivery.deliver import Result
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.notice import Fate, Notice, write
from tests.notices.fake_outbox import PostRoom, StandingClock

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
ON_CALL, LEADS = Receiver("on-call", "ON_CALL_URL"), Receiver("leads", "LEADS_URL")
DOWN = PostAnswer(PostOutcome.RETRY, "Teams answered 503")


@pytest.fixture
def room() -> PostRoom:
    return PostRoom(StandingClock(NINE), receivers=(ON_CALL, LEADS))


def asked_for(room: PostRoom, *subjects: tuple[str, str, int]) -> JustAsked:
    """Write one notice for each subject, receiver and severity, as a function does that then delivers them."""
    asked = JustAsked()
    for subject, receiver, severity in subjects:
        notice = Notice.about(subject, receiver, "announcement", room.clock.now(), severity)
        write(room.outbox, notice, partial(_card, subject), notice.at)
        asked.note(notice)
    return asked


def _card(subject: str) -> Message:
    return message(draw_announcement(subject, "No rows since 02:10 UTC."))


def told(room: PostRoom) -> list[str]:
    return [
        str(posted.message["attachments"][0]["content"]["body"][0]["items"][0]["text"])
        for posted in room.channels.tried
    ]


def test_a_card_is_there_before_the_queue_was_looked_into(room: PostRoom) -> None:
    asked = asked_for(room, ("lobby", "on-call", 2))

    assert [Result.DELIVERED] == deliver_at_once(asked, room.delivery(), SlowReceivers())
    assert ["lobby"] == told(room)


def test_the_message_of_the_queue_stays_and_finds_nothing_to_do(room: PostRoom) -> None:
    deliver_at_once(asked_for(room, ("lobby", "on-call", 2)), room.delivery(), SlowReceivers())

    assert [Result.NOTHING] == room.drain()
    assert ["lobby"] == told(room)


def test_what_the_queue_delivered_first_is_not_sent_again(room: PostRoom) -> None:
    asked = asked_for(room, ("lobby", "on-call", 2))
    room.drain()

    assert [Result.NOTHING] == deliver_at_once(asked, room.delivery(), SlowReceivers())
    assert ["lobby"] == told(room)


def test_a_lane_that_another_instance_has_claimed_is_left_to_it(room: PostRoom) -> None:
    asked = asked_for(room, ("lobby", "on-call", 2))
    (lane,) = room.lanes.kept.values()
    room.lanes.save(lane.claimed_by("of another instance", NINE))

    assert [Result.TAKEN] == deliver_at_once(asked, room.delivery(), SlowReceivers())
    assert [] == told(room)


def test_the_urgent_goes_first(room: PostRoom) -> None:
    asked = asked_for(room, ("chat", "on-call", 4), ("lobby", "on-call", 1), ("desk", "on-call", 3))
    deliver_at_once(asked, room.delivery(), SlowReceivers())

    assert ["lobby", "desk", "chat"] == told(room)


def test_a_lane_is_tried_once_however_often_it_was_asked_for(room: PostRoom) -> None:
    asked = asked_for(room, ("lobby", "on-call", 2), ("lobby", "on-call", 2))

    assert [Result.DELIVERED] == deliver_at_once(asked, room.delivery(), SlowReceivers())


def test_a_receiver_without_a_free_post_is_asked_once_and_the_others_are_told(room: PostRoom) -> None:
    room.receivers = (replace(ON_CALL, per_second=1), LEADS)
    asked = asked_for(
        room, *((f"lobby-{number}", "on-call", 1) for number in range(9)), ("lobby", "leads", 2)
    )
    results = deliver_at_once(asked, room.delivery(), SlowReceivers())

    assert [Result.DELIVERED, Result.RATE_USED_UP, Result.DELIVERED] == results
    assert ["lobby-0", "lobby"] == told(room)


def test_a_receiver_that_does_not_take_it_is_left_to_the_queue_for_two_minutes(room: PostRoom) -> None:
    room.channels.of_receiver["on-call"] = DOWN
    slow, subjects = SlowReceivers(), [(f"lobby-{number}", "on-call", 1) for number in range(5)]

    assert [Result.LATER] == deliver_at_once(asked_for(room, *subjects), room.delivery(), slow)
    for seconds, results in ((119, []), (1, [Result.LATER])):
        room.clock.goes_on(timedelta(seconds=seconds))
        asked = asked_for(room, (f"chat-{seconds}", "on-call", 1))
        assert results == deliver_at_once(asked, room.delivery(), slow)


def test_a_slow_receiver_holds_up_one_attempt_and_not_the_other_receivers(room: PostRoom) -> None:
    def six_seconds(step: str) -> None:
        if step == "posted" and room.channels.tried[-1].receiver == "on-call":
            room.clock.goes_on(timedelta(seconds=6))

    room.channels.gate = six_seconds
    asked = asked_for(room, ("lobby", "on-call", 1), ("desk", "on-call", 1), ("chat", "leads", 1))
    deliver_at_once(asked, room.delivery(), SlowReceivers())

    assert ["lobby", "chat"] == told(room)


def test_no_attempt_begins_after_the_budget(room: PostRoom) -> None:
    room.receivers = receivers = tuple(Receiver(f"team-{number}", "TEAM_URL") for number in range(9))
    room.channels.gate = lambda step: room.clock.goes_on(timedelta(seconds=4)) if step == "posted" else None
    asked = asked_for(room, *(("lobby", receiver.name, 1) for receiver in receivers))
    began = room.clock.now()
    deliver_at_once(asked, room.delivery(), SlowReceivers())

    assert 3 == len(room.channels.tried)
    assert room.clock.now() - began <= BUDGET + timedelta(seconds=4)


def test_what_is_not_attempted_comes_by_the_queue(room: PostRoom) -> None:
    room.channels.gate = lambda step: room.clock.goes_on(BUDGET) if step == "posted" else None
    asked = asked_for(room, *((f"lobby-{number}", "on-call", 1) for number in range(3)))
    deliver_at_once(asked, room.delivery(), SlowReceivers())
    room.drain()

    assert {Fate.DELIVERED} == {notice.fate for notice in room.outbox.kept.values()}
    assert ["lobby-0", "lobby-1", "lobby-2"] == told(room)


def test_a_storage_that_fails_fails_no_function_and_is_asked_once(room: PostRoom) -> None:
    asked = asked_for(room, ("lobby", "on-call", 1), ("chat", "on-call", 1))
    reads = []

    def fail(step: str) -> None:
        if step == "read the lane":
            reads.append(step)
            raise ConnectionError("the service is busy")

    room.lanes.gate = fail

    assert [] == deliver_at_once(asked, room.delivery(), SlowReceivers())
    assert 1 == len(reads)


def test_a_clock_that_was_wrong_leaves_no_receiver_alone() -> None:
    slow = SlowReceivers()
    slow.note("on-call", NINE + timedelta(days=3))

    assert not slow.are_with("on-call", NINE)
