"""Whatever request on the way from an alert to its card fails, each alert ends as one card for each of its states."""

from collections.abc import Callable, Iterator

import pytest

from tests import drawn
from tests.contract.alert_road import ANNOUNCEMENT, INCIDENT, STATES, Road, road
from tests.contract.crash_points import (
    Point,
    lasting,
    pairs,
    points,
    tried,
    tried_both,
    wrong,
    wrong_after_both,
)
from tests.contract.injected import Kind


@pytest.fixture(scope="module")
def way() -> Iterator[Road]:
    with road() as new_road:
        yield new_road


@pytest.fixture(scope="module")
def every(way: Road) -> list[Point]:
    return list(points(way))


def chosen(every: list[Point], by: str) -> list[Point]:
    """Return each request failing in the way that leaves most behind, and of many that make a table one.

    `python -m tests.contract.crash_points` tries all.
    """
    worst = [point for point in every if point.kind is (Kind.LOST if point.sent.changes else Kind.NOT_SENT)]
    mine = [point for point in worst if point.sent.by == by]
    return [
        *{point.sent: point for point in mine if point.is_cold}.values(),
        *(point for point in mine if not point.is_cold),
    ]


@pytest.mark.parametrize("story", STATES)
def test_left_alone_each_state_is_one_card(way: Road, story: str) -> None:
    way.on_new_account()
    ending = way.play(story)

    assert () == ending.problems
    assert tuple((state, False) for state in STATES[story]) == ending.cards


@pytest.mark.parametrize(
    "by",
    [
        "receive_alert",
        "handle_alert",
        "handle_urgent_alert",
        "deliver_notice",
        "track_incidents",
        "the host",
    ],
)
@drawn.both
def test_a_request_that_fails_costs_no_card_and_doubles_none(
    way: Road, every: list[Point], by: str, record_property: Callable[[str, object], None]
) -> None:
    """But at one point: after the answer to the POST was lost, the card comes again and says so."""
    whole = chosen(every, by)
    mine = drawn.items(f"requests of {by}", whole, 5)
    record_property("sample", (f"failing requests of {by}", len(mine), len(whole)))
    problems = [(point, bad) for point in mine for bad in wrong(point, tried(way, point))]

    assert mine
    assert [] == problems


def test_the_card_after_a_lost_answer_is_marked_as_a_possible_repeat(way: Road, every: list[Point]) -> None:
    posts = [point for point in every if point.sent.is_post_to_teams and point.kind is Kind.LOST]
    endings = [tried(way, point).cards for point in posts]

    for story, number in ((INCIDENT, 0), (ANNOUNCEMENT, 2)):
        first, second = STATES[story]
        assert ((first, False), (first, True), (second, False)) == endings[number]
        assert ((first, False), (second, False), (second, True)) == endings[number + 1]


PAIRS = 300


@drawn.both
def test_a_request_that_goes_on_to_fail_costs_no_card_once_it_is_mended(
    way: Road, every: list[Point], record_property: Callable[[str, object], None]
) -> None:
    """What is like it fails too, until messages are given up; then it is mended, and they are given back."""
    whole = lasting(every)
    mine = drawn.items("requests that go on to fail", whole, 2)
    record_property("sample", ("requests that go on to fail", len(mine), len(whole)))
    problems = [(point, bad) for point in mine for bad in wrong(point, tried(way, point))]

    assert [] == problems


@drawn.both
def test_two_requests_of_one_story_that_fail_cost_no_card(
    way: Road, every: list[Point], record_property: Callable[[str, object], None]
) -> None:
    whole = pairs(every, INCIDENT, drawn.SEED, PAIRS)
    mine = drawn.items("pairs of failing requests", whole, 2)
    record_property("sample", ("pairs of failing requests", len(mine), len(whole)))
    problems = [(pair, bad) for pair in mine for bad in wrong_after_both(pair, tried_both(way, pair))]

    assert [] == problems
