"""How much one minute speaks for a fault: the logarithm of the ratio of two negative binomial likelihoods."""

import math
from typing import NamedTuple

_NO_DISPERSION = 1e-6  # below it the count is Poisson's; the formula would divide by nearly nothing


class Weights(NamedTuple):
    """The score of a minute: `per_event` for each bad event, less `per_minute` for the minute itself."""

    per_event: float
    per_minute: float


def weights_of(expected: float, dispersion: float, ratio: float) -> Weights:
    """Return how a minute is scored in which `expected` bad events are usual and `ratio` times as many the fault.

    Both counts are negative binomial with the same dispersion: the variance of a mean m is m + dispersion * m².
    """
    if dispersion < _NO_DISPERSION:
        return Weights(math.log(ratio), expected * (ratio - 1))
    spread = math.log1p(dispersion * expected * ratio) - math.log1p(dispersion * expected)
    return Weights(math.log(ratio) - spread, spread / dispersion)
