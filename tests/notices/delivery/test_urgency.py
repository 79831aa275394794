"""The urgent goes first, and work is linear: whose turn it is, and how often deliveries are called for."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.receivers import DEFAULT_RECEIVER
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.deliver import Result
from shared.notices.delivery.due import SOON, ask_for_what_is_due
from shared.notices.delivery.rate import FIVE_MINUTES
from shared.notices.notice import Notice, write
from shared.notices.urgency import announcement_urgency, incident_urgency, reserved_posts
from tests.notices.fake_outbox import PostRoom, StandingClock, most_within

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tell(room: PostRoom, subject: str, severity: int | None = None, *, of_incident: bool = False) -> None:
    """Write a notice, of an alert or of an incident."""
    now = room.clock.now()
    notice = Notice.about(subject, DEFAULT_RECEIVER.name, "announcement", now, severity)
    if of_incident:
        notice = replace(notice, urgency=incident_urgency(severity or 1))
    write(room.outbox, notice, lambda: message(draw_announcement(subject, "")), now)


def go_on(room: PostRoom, minutes: float) -> list[Result]:
    """Let time pass, with the timer that asks for what is due."""
    results = room.drain()
    for _ in range(round(timedelta(minutes=minutes) / SOON)):
        room.clock.goes_on(SOON)
        ask_for_what_is_due(room.lanes, room.outbox, room.turns(), room.clock.now())
        results += room.drain()
    return results


def subjects(room: PostRoom) -> list[str]:
    return [
        str(posted.message["attachments"][0]["content"]["fallbackText"]) for posted in room.channels.shown
    ]


def test_what_waits_is_served_by_severity_then_age() -> None:
    room = PostRoom(StandingClock(NINE))
    for n in range(20):  # they use the rate up
        tell(room, f"early {n}", 1)
        room.clock.goes_on(timedelta(seconds=1))
        room.drain()
    for subject, severity, of_incident in (
        ("alert Sev4", 4, False),
        ("incident 3", 3, True),
        ("alert Sev0", 0, False),
        ("alert Sev1", 1, False),
        ("incident 1", 1, True),
        ("younger incident 1", 1, True),
        ("we are blind", None, False),
    ):
        room.clock.goes_on(timedelta(seconds=1))
        tell(room, subject, severity, of_incident=of_incident)
    go_on(room, minutes=15)

    late = [subject for subject in subjects(room) if not subject.startswith("early")]
    assert late == [
        "incident 1",
        "younger incident 1",
        "alert Sev0",
        "alert Sev1",
        "we are blind",
        "incident 3",
        "alert Sev4",
    ]


def test_a_severe_incident_is_told_within_a_minute_of_a_thousand_rules_that_fit_nothing() -> None:
    room = PostRoom(StandingClock(NINE))
    for n in range(1_000):
        tell(room, f"rule {n}", n % 5)
    room.drain()
    tell(room, "the lobby is down", 1, of_incident=True)
    go_on(room, minutes=1)

    assert "the lobby is down" in subjects(room)
    assert most_within([posted.at for posted in room.channels.shown], FIVE_MINUTES) <= 20


def test_deliveries_are_in_proportion_to_notices() -> None:
    room, notices = PostRoom(StandingClock(NINE)), 200
    for n in range(notices):
        tell(room, f"rule {n}", 3)
    results = Counter(go_on(room, minutes=notices / 16 * 5 + 5))

    assert notices == results[Result.DELIVERED] == len(subjects(room))
    assert results.total() <= 2 * notices + 20


def test_nobody_is_asked_while_a_receiver_wants_silence() -> None:
    room = PostRoom(StandingClock(NINE))
    for n in range(30):
        tell(room, f"rule {n}", 3)
    window = room.rates.get(DEFAULT_RECEIVER.name)
    room.rates.save(DEFAULT_RECEIVER.name, window.closed_until_at_least(NINE + timedelta(minutes=10)))
    results = Counter(go_on(room, minutes=9))

    assert {Result.RATE_USED_UP: 30} == results


def test_a_lane_without_a_receiver_is_asked_for_all_the_same() -> None:
    room = PostRoom(StandingClock(NINE), receivers=())
    tell(room, "the lobby is down", 1)

    assert Result.LATER in go_on(room, minutes=1)


@pytest.mark.parametrize(
    ("urgency", "most", "expected"),
    [
        (incident_urgency(1), 20, 0),
        (announcement_urgency(0), 20, 2),
        (announcement_urgency(1), 20, 2),
        (incident_urgency(2), 20, 4),
        (announcement_urgency(), 20, 4),
        (announcement_urgency(4), 20, 4),
        (announcement_urgency(4), 4, 0),
        (announcement_urgency(4), 1, 0),
    ],
)
def test_some_of_the_rate_is_kept_for_what_is_more_urgent(urgency: int, most: int, expected: int) -> None:
    assert expected == reserved_posts(urgency, most)


def test_a_notice_that_waits_is_not_asked_for_before_its_time() -> None:
    room = PostRoom(StandingClock(NINE))
    notice = Notice.about("an end", DEFAULT_RECEIVER.name, "announcement", NINE)
    write(room.outbox, notice, lambda: message(draw_announcement("an end", "")), NINE, timedelta(minutes=2))
    go_on(room, minutes=1.75)
    early = subjects(room)
    go_on(room, minutes=0.5)

    assert ([], ["an end"]) == (early, subjects(room))
