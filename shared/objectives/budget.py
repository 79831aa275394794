"""How much of an objective's error budget is spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.history import History
from shared.objectives.rules import allowed
from shared.signals.counts import Count

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """The budget of one signal of one resource over 30 days, as far as its events are known."""

    bad: float
    total: float
    spent_ratio: float  # of the bad events that the objective allows; above 1 when it is overspent
    known_since: datetime  # start of the oldest bucket that was counted


def error_budget(settings: ObjectiveSettings, series: Sequence[Count], now: datetime) -> ErrorBudget | None:
    """Return the budget of the signal whose counts are given, None without events.

    A signal without a total has no budget: do not ask for it.
    """
    history = History(series)
    known = history.between(now - PERIOD, now)
    bad, total = history.window(now - PERIOD, now)
    if not total:
        return None
    spent = Fraction(bad) / (allowed(settings) * Fraction(total))
    return ErrorBudget(bad, total, float(spent), known[0].bucket)
