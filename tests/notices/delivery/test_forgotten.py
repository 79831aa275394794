"""A notice whose writer fell over before its lane was open, and had no reason to write it again, is delivered all the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.notices.delivery.due import open_forgotten_lanes
from shared.notices.notice import Fate, Notice, write
from tests.notices.fake_outbox import FakeLanes, FakeOutbox

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOTICE = Notice.about("3 stored things could not be handled", "on-call", "announcement", NOON)


class FallError(Exception):
    """The process ends here."""


def fallen(step: str) -> FakeOutbox:
    """Return an outbox in which a notice was written by a process that fell over at a step."""
    outbox = FakeOutbox()

    def fall(now: str) -> None:
        if now == step:
            raise FallError(step)

    outbox.gate = outbox.lanes.gate = fall
    with pytest.raises(FallError):
        write(outbox, NOTICE, lambda: {"text": "hello"}, NOON)
    outbox.gate = outbox.lanes.gate = lambda _: None
    return outbox


@pytest.mark.parametrize(("hour", "minute"), [(12, 30), (13, 0)], ids=["half an hour later", "an hour later"])
def test_a_notice_that_waits_in_no_lane_gets_one(hour: int, minute: int) -> None:
    outbox = fallen("touch the lane")

    assert 1 == open_forgotten_lanes(outbox.lanes, outbox, NOON.replace(hour=hour, minute=minute))
    assert [NOTICE.lane] == outbox.asked == list(outbox.lanes.kept)


def test_it_is_left_to_its_writer_for_ten_minutes() -> None:
    outbox = fallen("touch the lane")
    outbox.kept = {NOTICE.key: Notice.about("later", "on-call", "announcement", NOON + timedelta(minutes=21))}

    assert 0 == open_forgotten_lanes(outbox.lanes, outbox, NOON.replace(minute=30))


def test_it_is_looked_for_twice_an_hour() -> None:
    outbox = fallen("touch the lane")
    seen = [
        minute
        for minute in range(11, 60)
        if open_forgotten_lanes(FakeLanes(), outbox, NOON.replace(minute=minute))
    ]

    assert [30] == seen


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.PENDING])
def test_what_waits_no_more_stays_as_it_is(fate: Fate) -> None:
    outbox = fallen("touch the lane")
    outbox.settle([Notice.about("x", "on-call", "announcement", NOON)])
    outbox.kept = {key: replace(notice, fate=fate) for key, notice in outbox.kept.items()}

    assert 0 == open_forgotten_lanes(outbox.lanes, outbox, NOON.replace(minute=30))


def test_what_waits_in_a_lane_is_left_to_that() -> None:
    outbox = fallen("ask in the queue")

    assert 0 == open_forgotten_lanes(outbox.lanes, outbox, NOON.replace(minute=30))
