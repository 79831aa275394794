"""What was bad is asked for at once, once in five seconds for each resource, and an ask that fails costs nothing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InputError, LinekeeperError
from shared.events.pushed import EVERY, DampedAsks, PushedAsk
from tests.notices.fake_outbox import StandingClock

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
MESSAGES = st.lists(
    st.tuples(st.floats(0, 9), st.sampled_from(["lobby", "desk"]), st.booleans()), max_size=60
)


class FakeAsks:
    """Remember what was asked; `fails` says that storage does not answer."""

    def __init__(self) -> None:
        self.asked: list[PushedAsk] = []
        self.fails = False

    def ask(self, ask: PushedAsk) -> None:
        if self.fails:
            raise LinekeeperError("storage does not answer", permanent=False)
        self.asked.append(ask)


def test_something_bad_is_asked_for_at_once() -> None:
    asks = FakeAsks()
    DampedAsks(asks, StandingClock(NINE)).note("lobby", is_bad=True)

    assert [PushedAsk("lobby", NINE)] == asks.asked


def test_what_goes_well_asks_for_nothing() -> None:
    asks = FakeAsks()
    DampedAsks(asks, StandingClock(NINE)).note("lobby", is_bad=False)

    assert [] == asks.asked


def test_a_storm_is_one_ask_in_five_seconds_and_none_of_it_is_forgotten() -> None:
    asks, clock = FakeAsks(), StandingClock(NINE)
    damped = DampedAsks(asks, clock)
    for _ in range(1_000):
        damped.note("lobby", is_bad=True)
    clock.goes_on(EVERY)
    damped.note("lobby", is_bad=False)

    assert [NINE, NINE + EVERY] == [ask.at for ask in asks.asked]


def test_each_resource_is_asked_for_by_itself() -> None:
    asks = FakeAsks()
    damped = DampedAsks(asks, StandingClock(NINE))
    for resource in ("lobby", "desk", "lobby"):
        damped.note(resource, is_bad=True)

    assert ["lobby", "desk"] == [ask.resource for ask in asks.asked]


def test_storage_that_does_not_answer_fails_no_event() -> None:
    asks = FakeAsks()
    asks.fails = True

    DampedAsks(asks, StandingClock(NINE)).note("lobby", is_bad=True)


@given(MESSAGES)
def test_whatever_comes_asks_are_apart_and_what_is_bad_is_asked_for_by_what_comes_later(
    events: list[tuple[float, str, bool]],
) -> None:
    asks, clock = FakeAsks(), StandingClock(NINE)
    damped, latest_bad = DampedAsks(asks, clock), dict[str, datetime]()
    for seconds, resource, is_bad in events:
        clock.goes_on(timedelta(seconds=seconds))
        damped.note(resource, is_bad=is_bad)
        if is_bad:
            latest_bad[resource] = clock.now()
    clock.goes_on(EVERY)
    for resource in ("lobby", "desk"):
        damped.note(resource, is_bad=False)
        times = [ask.at for ask in asks.asked if ask.resource == resource]
        assert all(later - earlier >= EVERY for earlier, later in pairwise(times))
        assert resource not in latest_bad or times[-1] >= latest_bad[resource]


@given(st.text(max_size=40), st.datetimes(timezones=st.just(UTC)))
def test_an_ask_is_read_as_it_was_written(resource: str, at: datetime) -> None:
    ask = PushedAsk(resource, at)

    assert ask == PushedAsk.of(ask.text())


@pytest.mark.parametrize(
    "message",
    ["", "[]", "{}", '{"resource": 7, "asked_at": "2026-11-21T09:00:00+00:00"}', '{"resource": "lobby", "asked_at": "2026-11-21T09:00:00"}', '{"resource": "lobby", "asked_at": 9}'],
)  # fmt: skip
def test_a_message_that_is_no_ask_is_refused_with_what_is_expected(message: str) -> None:
    with pytest.raises(InputError, match="asked_at"):
        PushedAsk.of(message)
