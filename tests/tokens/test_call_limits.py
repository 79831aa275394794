from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.tokens.call_limits import CallLimits
from shared.tokens.caller import Caller, CallerKind
from tests.tokens.desk_in_memory import ALICE, BOB, NOON


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 60))
def test_a_caller_has_its_calls_of_a_minute_and_those_that_come_meanwhile(
    pauses: list[float], per_minute: int
) -> None:
    limits, now, taken = CallLimits(), NOON, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = limits.wait(ALICE, per_minute, now)
        taken += not wait
        assert wait <= 60 / per_minute + 1e-6

    assert taken <= per_minute * (1 + (now - NOON).total_seconds() / 60) + 1e-6


def test_who_waits_as_long_as_told_is_let_through() -> None:
    limits, now = CallLimits(), NOON
    for _ in range(5):
        limits.wait(ALICE, 5, now)
    wait = limits.wait(ALICE, 5, now)

    assert 12 == wait
    assert 0 == limits.wait(ALICE, 5, now + timedelta(seconds=wait))


def test_one_name_known_in_two_ways_is_two_callers() -> None:
    limits = CallLimits()
    limits.wait(BOB, 1, NOON)

    assert limits.wait(BOB, 1, NOON)
    assert not limits.wait(Caller(BOB.id, frozenset(), CallerKind.KEY), 1, NOON)


def test_what_is_remembered_has_a_bound() -> None:
    limits = CallLimits()
    for n in range(25_000):
        limits.wait(Caller(f"user-{n}", frozenset(), CallerKind.KEY), 1, NOON)

    assert 20_000 == len(limits._buckets)
