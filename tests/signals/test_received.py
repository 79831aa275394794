"""Events become counts, whole buckets at a time, and counts become an incident."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.signals.received import ENDS, OUTCOMES, ReceivedEvent, count_received
from shared.signals.signal import bucket_of, minute_of
from tests.incidents.fake_rooms import LOBBY, NOON, FakeEvents


def event(failure: str = "", end: str = "", is_bad_end: bool = False, at: datetime = NOON) -> ReceivedEvent:
    return ReceivedEvent(LOBBY, bucket_of(at), failure, end, is_bad_end, minute_of(at))


def test_a_failed_answer_is_bad_and_every_event_counts() -> None:
    events = FakeEvents()
    events.received = [
        event(),
        event("chat: no handler"),
        event("chat: no handler"),
        event("chat: handler failed"),
    ]
    (count,) = count_received(events, {LOBBY}, NOON)

    assert (OUTCOMES.id, 3, 4, NOON) == (count.signal, count.bad, count.total, count.as_of)
    assert {"chat: no handler": 2, "chat: handler failed": 1} == count.reasons


def test_an_end_counts_beside_the_answer_to_it() -> None:
    events = FakeEvents()
    events.received = [event(end="slow client", is_bad_end=True), event(end="normal"), event(end="vanished")]
    ends, outcomes = count_received(events, {LOBBY}, NOON)

    assert (ENDS.id, 1, 3, {"slow client": 1}) == (ends.signal, ends.bad, ends.total, ends.reasons)
    assert (OUTCOMES.id, 0, 3) == (outcomes.signal, outcomes.bad, outcomes.total)


def test_each_bucket_is_counted_for_itself_and_old_ones_no_more() -> None:
    events = FakeEvents()
    events.received = [event(at=NOON - timedelta(minutes=minutes)) for minutes in (0, 6, 6, 40)]

    assert [2, 1] == [count.total for count in count_received(events, {LOBBY}, NOON)]


def test_a_client_in_a_retry_loop_counts_once_in_each_minute() -> None:
    loop = [event("chat: handler failed", at=NOON + timedelta(seconds=second)) for second in range(0, 120, 4)]
    events = FakeEvents()
    events.received = [
        *(replace(one, client="bob's old phone") for one in loop),
        *(replace(event(), client=f"guest {number}") for number in range(20)),
        replace(event(), client="bob's old phone"),
    ]
    (count,) = count_received(events, {LOBBY}, NOON + timedelta(minutes=2))

    assert (30, 51) == (count.bad, count.total)
    assert ((1, 21), (1, 1), (0, 0), (0, 0), (0, 0)) == count.minutes


def test_what_is_not_watched_is_not_counted() -> None:
    events = FakeEvents()
    events.received = [event("chat: no handler")]

    assert () == count_received(events, {"another"}, NOON)


def test_a_bucket_holds_its_five_minutes() -> None:
    events = FakeEvents()
    minutes = [NOON - timedelta(minutes=minute) for minute in (5, 5, 3, 1)]
    events.received = [event(at=minutes[0]), *(event("chat: no handler", at=at) for at in minutes[1:])]
    (count,) = count_received(events, {LOBBY}, NOON)

    assert ((1, 2), (0, 0), (1, 1), (0, 0), (1, 1)) == count.minutes
