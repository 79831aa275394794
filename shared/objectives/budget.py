"""Compute how much of an objective's error budget is spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.history import History
from shared.objectives.rules import allowed_ratio
from shared.signals.counts import Count

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """The budget of one signal of one resource over 30 days, as far as its events are known."""

    bad: float
    total: float
    spent_ratio: (
        float  # bad events per bad event that the objective allows; above 1 when the budget is overspent
    )
    known_since: datetime  # start of the oldest bucket that was counted


def error_budget(settings: ObjectiveSettings, series: Sequence[Count], now: datetime) -> ErrorBudget | None:
    """Return the budget of a signal over the 30 days before `now`, or None if it had no events.

    `series` are the counts of one signal of one resource. A signal of shape `VALUE` has no budget.
    """
    history = History(series)
    counts = history.between(now - PERIOD, now)
    bad, total = history.window(now - PERIOD, now)
    if not total:
        return None
    spent_ratio = Fraction(bad) / (allowed_ratio(settings) * Fraction(total))
    return ErrorBudget(bad, total, float(spent_ratio), counts[0].bucket)
