"""Events in Table Storage: each once, found again, counted, and deleted when nobody repeats them any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cloud.storage.account import Storage
from shared.cloud.storage.events.rows import TableEvents
from shared.events.answer import EventAnswer
from shared.events.cloud_event import EventKind
from shared.events.repeats import EventRow, EventState
from shared.races import LostRaceError
from shared.signals.signal import bucket_of
from tests.events.lobby import LOBBY, NOON

ANSWER = EventAnswer(200, b"\x00\xff", "application/octet-stream", "c2Vlbg==")


@pytest.fixture
def events(storage: Storage) -> TableEvents:
    return TableEvents(storage.table("pubsubevents"))


def row(key: str = "a1", **changed: object) -> EventRow:
    return replace(EventRow(LOBBY, "chat", NOON, key, EventKind.USER, answer=ANSWER), **changed)


def test_what_was_kept_is_found_again_as_it_was(events: TableEvents) -> None:
    kept, is_new = events.keep(
        row(state=EventState.DECIDED, due_at=NOON + timedelta(seconds=3), failure="not ended")
    )

    assert is_new
    assert (kept, False) == events.keep(row(answer=EventAnswer(204)))


def test_what_failed_gives_way_to_another_attempt(events: TableEvents) -> None:
    events.keep(row(state=EventState.FAILED))
    later, is_new = events.keep(row())

    assert (True, EventState.DONE) == (is_new, later.state)
    assert not events.keep(row())[1]


def test_a_change_of_an_older_row_is_lost(events: TableEvents) -> None:
    kept, _ = events.keep(row(state=EventState.RESERVED))
    events.change(replace(kept, state=EventState.DECIDED))

    with pytest.raises(LostRaceError):
        events.change(replace(kept, state=EventState.DONE))


def test_each_event_is_counted_once_in_its_bucket(events: TableEvents) -> None:
    for key in ("00", "11", "22", "33", "44"):
        for _ in range(3):
            events.keep(row(key))
    events.keep(row("55", at=NOON - timedelta(minutes=30)))
    events.keep(row("66", failure="handler failed", end="slow client", is_bad_end=True, client="5ca1ab1e"))
    received = sorted(events.since(bucket_of(NOON)), key=lambda event: event.failure)

    assert 6 == len(received)
    assert {bucket_of(NOON)} == {event.bucket for event in received}
    assert ("chat: handler failed", "slow client", True, "5ca1ab1e") == (
        received[-1].failure,
        received[-1].end,
        received[-1].is_bad_end,
        received[-1].client,
    )


def test_old_events_are_deleted_and_others_are_not(events: TableEvents) -> None:
    for number in range(120):
        events.keep(row(f"{number % 16:x}{number:03}", at=NOON - timedelta(hours=2)))
    events.keep(row("ff"))
    events.forget(NOON - timedelta(hours=1))
    events.forget(NOON - timedelta(hours=1))

    assert 1 == len(list(events.since(NOON - timedelta(days=1))))
