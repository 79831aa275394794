"""An incident that keeps coming back says so once, and is then silent until it has been quiet for an hour."""

from dataclasses import replace

import pytest

from shared.incidents.incident import Ending, Incident, State
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.decide import LifecycleReason, decide_ending
from tests.incidents.fake_rooms import REFUSED, House, at
from tests.incidents.test_states import at as moment
from tests.incidents.test_states import breach, opened

CYCLE = 50  # minutes: ten of them bad, then as many good ones as close it


def flapping(returns: int) -> House:
    """Return a house whose lobby fails for ten minutes of each cycle, and returns so often."""
    house = House()
    house.floor.happens(REFUSED, -60, 0, 0, 200)
    for number in range(returns + 1):
        house.floor.happens(REFUSED, CYCLE * number, CYCLE * number + 10, 80, 200)
        house.floor.happens(REFUSED, CYCLE * number + 10, CYCLE * (number + 1), 0, 200)
    return house


def play(house: House, since: int, until: int) -> list[str]:
    """Let five-minute steps pass, and return what was told of them."""
    before = len(house.notifier.states())
    for minute in range(since, until, 5):
        house.watch(at(minute + 1))
        house.track(at(minute + 1))
    told = house.notifier.states()[before:]
    return [milestone for milestone in told if milestone != "severity raised"]


def test_the_third_return_says_so_and_the_next_ones_are_silent_until_an_hour_is_quiet() -> None:
    house = flapping(returns=6)

    told = [play(house, CYCLE * number, CYCLE * (number + 1)) for number in range(7)]

    assert ["opened", "resolved"] == told[0]
    assert [["reopened", "resolved"]] * 2 == told[1:3]
    assert ["keeps coming back"] == told[3]
    assert [[]] * 3 == told[4:]
    house.floor.happens(REFUSED, CYCLE * 7, CYCLE * 7 + 60, 0, 200)
    last_bad = CYCLE * 6 + 10
    assert [] == play(house, CYCLE * 7, last_bad + 55)
    assert ["resolved"] == play(house, last_bad + 55, last_bad + 70)
    assert (3, Ending.HELD) == (house.only().reopened, house.only().ending)


def returned(incident: Incident, *minutes: float) -> Incident:
    """Return an incident that was closed and reopened at these minutes."""
    for minute in minutes:
        told = replace(incident, unnotified=())
        closed = replace(states.resolved(told, Ending.BY_HAND, moment(minute - 1)), unnotified=())
        incident = states.reopened(closed, breach(minute), 2, moment(minute))
    return incident


@pytest.mark.parametrize(
    ("minutes", "milestone"),
    [
        pytest.param([60], "reopened", id="the first"),
        pytest.param([60, 120], "reopened", id="the second"),
        pytest.param([60, 120, 180], "keeps coming back", id="the third"),
        pytest.param([60, 120, 180, 240], "keeps coming back", id="a fourth after a quiet hour"),
        pytest.param(
            [60, 240, 60 + 360], "keeps coming back", id="the third, just six hours after the first"
        ),
        pytest.param([60, 240, 60.1 + 360], "reopened", id="the third, later than that"),
        pytest.param([60, 120, 180, 1000], "reopened", id="long after it flapped"),
    ],
)
def test_a_return_is_told_by_how_many_there_were_in_six_hours(minutes: list[float], milestone: str) -> None:
    again = returned(opened(), *minutes)

    assert milestone == again.unnotified[-1].milestone
    assert (milestone == "keeps coming back") == again.is_flapping


@pytest.mark.parametrize(
    ("is_flapping", "quiet", "expected"),
    [
        pytest.param(False, 31, LifecycleReason.HELD, id="any other ends when it has held"),
        pytest.param(True, 59, LifecycleReason.WAIT, id="not quiet for an hour yet"),
        pytest.param(True, 60, LifecycleReason.HELD, id="quiet for an hour"),
    ],
)
def test_what_keeps_coming_back_ends_only_after_a_quiet_hour(
    is_flapping: bool, quiet: float, expected: LifecycleReason
) -> None:
    incident = replace(states.validating(opened(), moment(10)), is_flapping=is_flapping)
    bad = incident.last_bad

    reason = decide_ending(incident, 6, 6, bad, bad + (moment(quiet) - moment(0)))

    assert expected is reason


def test_alerts_alone_end_what_keeps_coming_back_only_after_a_quiet_hour() -> None:
    incident = replace(states.validating(opened(), moment(10)), is_flapping=True)
    ends = [
        decide_ending(incident, 0, 6, None, incident.last_bad + (moment(quiet) - moment(0)), alerts_over=True)
        for quiet in (40, 59, 60)
    ]

    assert [LifecycleReason.WAIT, LifecycleReason.WAIT, LifecycleReason.ALERTS_OVER] == ends


def test_a_person_ends_what_keeps_coming_back_at_once() -> None:
    incident = returned(opened(), 60, 120, 180)

    assert State.RESOLVED is states.resolved(incident, Ending.BY_HAND, moment(181)).state
