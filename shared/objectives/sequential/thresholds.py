"""From which value on the statistic of an alternative is an alarm: read from thresholds.yaml."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("thresholds.yaml")
_FINE = 0.01  # dispersions far below this are as good as none


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one quantity at which thresholds were worked out, ascending, and how they are spaced."""

    values: Sequence[float]
    places: Sequence[float]  # the values as they are interpolated: by their logarithm

    def around(self, place: float) -> tuple[tuple[int, float], ...]:
        """Return the one or two values around a place, by their number, each with its weight."""
        upper = bisect_right(self.places, place)
        if upper in (0, len(self.places)):
            return ((max(0, upper - 1), 1.0),)
        low, high = self.places[upper - 1], self.places[upper]
        weight = (place - low) / (high - low)
        return ((upper - 1, 1 - weight), (upper, weight))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds by expected bad events of a minute, dispersion, and how many times as many the fault brings."""

    run_length: float  # minutes to a false alarm of one alternative, on average
    alternatives: Sequence[float]  # shares of bad events that faults may have
    expected: Axis
    dispersion: Axis
    ratio: Axis
    rows: Mapping[tuple[int, int], Sequence[float]]  # by dispersion and ratio, along `expected`

    def at(self, expected: float, dispersion: float, ratio: float) -> float:
        """Return the threshold of one alternative, interpolated between its neighbours.

        Above the last value of an axis it is Lorden's bound, which is enough for any distribution. Fewer events than the
        first value have its threshold, which is higher than they need.
        """
        if expected > self.expected.values[-1] or dispersion > self.dispersion.values[-1]:
            return self.bound
        if not self.ratio.values[0] <= ratio <= self.ratio.values[-1]:
            return self.bound
        corners = product(
            self.expected.around(math.log(expected)),
            self.dispersion.around(place_of_dispersion(dispersion)),
            self.ratio.around(math.log(ratio)),
        )
        return sum(
            weight * other * third * self.rows[along, by][number]
            for (number, weight), (along, other), (by, third) in corners
        )

    @property
    def bound(self) -> float:
        """The threshold that is enough whatever is counted: the logarithm of the run length. Lorden 1971."""
        return math.log(self.run_length)


def place_of_dispersion(dispersion: float) -> float:
    """Return where a dispersion lies between others: by its logarithm, and nothing has a place too."""
    return math.log1p(dispersion / _FINE)


@cache
def thresholds() -> Thresholds:
    """Return the thresholds of thresholds.yaml."""
    document = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    expected, dispersion, ratio = (
        [float(value) for value in document[name]] for name in ("expected", "dispersion", "ratio")
    )
    rows = {
        (along, by): tuple(map(float, text.split()))
        for along, texts in enumerate(document["thresholds"])
        for by, text in enumerate(texts)
    }
    return Thresholds(
        run_length=float(document["run_length"]),
        alternatives=tuple(document["alternatives"]),
        expected=Axis(expected, [math.log(value) for value in expected]),
        dispersion=Axis(dispersion, [place_of_dispersion(value) for value in dispersion]),
        ratio=Axis(ratio, [math.log(value) for value in ratio]),
        rows=rows,
    )
