"""How sure a count of false alarms is."""

import math


def upper_bound(alarms: int) -> float:
    """Return the mean of a Poisson count of which so many or fewer come with a probability of 5 %: a 95 % upper bound."""
    low, high = float(alarms), 2.0 * alarms + 10
    while high - low > 1e-6:
        middle = (low + high) / 2
        if _at_most(alarms, middle) > 0.05:
            low = middle
        else:
            high = middle
    return high


def _at_most(number: int, mean: float) -> float:
    return (
        sum(math.exp(at * math.log(mean) - mean - math.lgamma(at + 1)) for at in range(number + 1))
        if mean
        else 1.0
    )
