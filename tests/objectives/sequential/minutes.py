"""Minutes of the lobby as the tests of the sequential test write them."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.objectives.sequential.minute import MINUTE, Minute
from shared.objectives.sequential.normal import Normal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TWO_WEEKS = timedelta(days=14)
LOBBY = Normal(learned_at=NOON, known_from=NOON - TWO_WEEKS, share=0.001, dispersion=0.3)


def line(*pairs: tuple[float, float], first: datetime = NOON) -> list[Minute]:
    """Return consecutive minutes of (bad, total)."""
    return [Minute(first + number * MINUTE, *pair) for number, pair in enumerate(pairs)]


def two_weeks(total: int, share: float, seed: int = 1, last: datetime = NOON, every: int = 1) -> list[Minute]:
    """Return 14 days of minutes whose events fail by chance alone."""
    dice = random.Random(seed)
    first = last - TWO_WEEKS
    numbers = range(0, TWO_WEEKS // MINUTE, every)
    return [Minute(first + number * MINUTE, _draw(total, share, dice), total) for number in numbers]


def bursting(minutes: Sequence[Minute], share: float, seed: int = 2) -> list[Minute]:
    """Return the minutes with the failures of each five in one of a hundred bursts of five minutes."""
    dice = random.Random(seed)
    factors = [100.0 if dice.random() < 0.01 else 0.0 for _ in range(len(minutes) // 5 + 1)]
    return [
        Minute(minute.start, min(minute.total, minute.total * share * factors[number // 5]), minute.total)
        for number, minute in enumerate(minutes)
    ]


def _draw(total: int, share: float, dice: random.Random) -> float:
    return float(sum(dice.random() < share for _ in range(total)))
