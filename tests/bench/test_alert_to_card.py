"""An alert on an idle host is a card within the goal, and the percentile is that of the table."""

import pytest

from bench.alert_to_card import GOAL_SECONDS, percentile, seconds_to_cards


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0], 3.0), ([1.0, 2.0], 2.0), ([float(n) for n in range(1, 101)], 95.0), ([0.0] * 19 + [7.0], 0.0)],
    ids=["one", "two", "a hundred", "one slow of twenty"],
)
def test_at_most_a_twentieth_is_above_the_95th_percentile(values: list[float], expected: float) -> None:
    assert expected == percentile(values, 0.95)


@pytest.mark.thorough
def test_an_alert_is_a_card_within_the_goal() -> None:
    assert max(seconds_to_cards(2, idle=(0.5, 1.0))) <= 3 * GOAL_SECONDS  # the machine has other things to do
