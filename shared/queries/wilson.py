"""How sure a share is: its Wilson score interval, the same as `wilsonLower` and `wilsonUpper` of judge.kql."""

import math

_Z = 1.96  # the 97.5 % quantile of the normal distribution


def wilson(hits: float, total: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share. Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209-212."""
    if total <= 0:
        return 0.0, 1.0
    middle = hits + _Z**2 / 2
    reach = _Z * math.sqrt(max(0.0, hits * (total - hits) / total + _Z**2 / 4))
    return max(0.0, (middle - reach) / (total + _Z**2)), min(1.0, (middle + reach) / (total + _Z**2))
