"""How much of the error budget is spent."""

from dataclasses import replace
from datetime import timedelta

from judged import NOON, PROMISED, at, count, line

from shared.objectives.budget import ErrorBudget, error_budget


def test_a_tenth_of_the_allowed_bad_events_spends_a_tenth() -> None:
    assert ErrorBudget(1, 1000, 0.1, at(0)) == error_budget(PROMISED, line(0, (1, 500), (0, 500)), at(2))


def test_spends_exactly_all_at_the_target() -> None:
    budget = error_budget(replace(PROMISED, target=0.999), [count(0, 3, 3000)], at(1))

    assert budget is not None
    assert 1.0 == budget.spent_ratio


def test_leaves_out_what_is_older_than_thirty_days() -> None:
    old, young = count(-1, 50, 100), count(0, 1, 100)
    budget = error_budget(PROMISED, [old, young], NOON + timedelta(days=30))

    assert ErrorBudget(1, 100, 1.0, at(0)) == budget


def test_knows_no_budget_without_events() -> None:
    assert error_budget(PROMISED, [], NOON) is None
