"""Work out how many minutes pass to a false alarm, from the Markov chain of the statistic.

The chain is that of Brook and Evans (1972), Biometrika 59, 539-549: the statistic is rounded to a lattice, on which the
score of a minute without a bad event is exact. The matrix of a lower threshold is the corner of that of a higher one,
so one decomposition gives the run lengths of all thresholds.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.objectives.sequential.score import Weights, weights_of

LATTICE = 0.1  # the distance of its points, at most; a threshold is known to about half of it
_NEGLIGIBLE = 1e-20  # a probability
_NO_PIVOT = 1e-13  # below it a run is longer than any that is asked for
# Where counts are far wider than chance they have one shape, whatever their mean: expected * dispersion above this is
# worked out as this, for the sums get longer and the thresholds do not change.
_WIDE = 300.0


class RunLengths(NamedTuple):
    """The mean minutes to an alarm without a fault, for thresholds of 1, 2, 3 ... times `step`."""

    step: float
    minutes: Sequence[float]


def probabilities(expected: float, dispersion: float) -> Iterator[float]:
    """Return the probabilities of 0, 1, 2 ... bad events in a minute, without end."""
    at_least = dispersion * expected
    if at_least < 1e-9:
        probability, growth, per_number = math.exp(-expected), expected, 0.0
    else:
        probability = math.exp(-math.log1p(at_least) / dispersion)
        growth, per_number = expected / (1 + at_least), at_least / (1 + at_least)
    number = 0
    while True:
        yield probability
        probability *= (growth + per_number * number) / (number + 1)
        number += 1


def run_lengths(
    expected: float, dispersion: float, ratio: float, most: float, lattice: float = LATTICE
) -> RunLengths:
    """Return the run lengths of the statistic for all thresholds up to `most`."""
    if dispersion:
        expected = min(expected, _WIDE / dispersion)
    moves = _moves(expected, dispersion, ratio, most, lattice)
    return RunLengths(moves.step, list(_decomposed(moves)))


def threshold_of(
    expected: float, dispersion: float, ratio: float, run_length: float, lattice: float = LATTICE
) -> float:
    """Return the lowest threshold of the lattice whose run length is long enough; at most Lorden's bound."""
    bound = math.log(run_length)
    lengths = run_lengths(expected, dispersion, ratio, bound, lattice)
    enough = (number for number, minutes in enumerate(lengths.minutes, 1) if minutes >= run_length)
    return min(bound, lengths.step * next(enough, math.inf))


def simulated_run_length(
    weights: Sequence[Weights], thresholds: Sequence[float], counts: Iterator[int], runs: int
) -> float:
    """Return the mean minutes to the first alarm of alternatives side by side, of so many runs, the scores not rounded."""
    alternatives = [(*weight, threshold) for weight, threshold in zip(weights, thresholds, strict=True)]
    minutes = 0
    for _ in range(runs):
        values, alarmed = [0.0] * len(alternatives), False
        while not alarmed:
            bad = next(counts)
            minutes += 1
            for at, (per_event, per_minute, threshold) in enumerate(alternatives):
                values[at] = max(0.0, values[at] + per_event * bad - per_minute)
                alarmed = alarmed or values[at] >= threshold
    return minutes / runs


def counts_of(expected: float, dispersion: float, dice: random.Random) -> Iterator[int]:
    """Draw counts of bad events, without end, by the inverse of their distribution."""
    cumulated: list[float] = []
    for number, probability in enumerate(probabilities(expected, dispersion)):
        cumulated.append(probability + (cumulated[-1] if cumulated else 0.0))
        if probability < _NEGLIGIBLE and number > expected:
            break
    while True:
        yield bisect_right(cumulated, dice.random())


class _Moves(NamedTuple):
    """How the statistic moves on its lattice in one minute."""

    step: float
    points: int  # of the lattice: 0, 1, ... below the highest threshold
    by: Sequence[float]  # the probability to move by -points ... +points
    up: float  # the probability to move up from zero
    down: Sequence[float]  # the probability to move by at least 0, 1, 2 ... downwards


def _moves(expected: float, dispersion: float, ratio: float, most: float, lattice: float) -> _Moves:
    per_event, per_minute = weights_of(expected, dispersion, ratio)
    step = per_minute / round(per_minute / lattice) if per_minute > lattice else lattice
    points = int(most / step) + 1
    by = [0.0] * (2 * points + 1)
    for number, probability in enumerate(probabilities(expected, dispersion)):
        place = (per_event * number - per_minute) / step
        # A minute that takes off less than a point takes off a whole one, so often that the mean is right.
        move, share = (round(place), 0.0) if per_minute > lattice else (math.floor(place), place % 1)
        by[max(-points, min(points, move)) + points] += probability * (1 - share)
        by[max(-points, min(points, move + 1)) + points] += probability * share
        if probability < _NEGLIGIBLE and number > expected:
            break
    down, total = [0.0] * (points + 1), 0.0
    for move in range(points, -1, -1):
        total += by[points - move]
        down[move] = total
    return _Moves(step, points, by, sum(by[points + 1 :]), down)


def _decomposed(moves: _Moves) -> Iterator[float]:
    """Return the mean minutes from zero to the threshold of each number of points.

    It is the first element of the solution of (1 - Q) x = 1, from the triangular factors of 1 - Q, row by row.
    """
    points, by = moves.points, moves.by
    upper: list[list[float]] = []
    left: list[float] = []  # of the first row of the inverse of `upper`, as it grows
    right: list[float] = []  # of the inverse of the lower factor, times ones
    minutes = 0.0
    for point in range(points):
        row = [-by[points + to - point] for to in range(points)]
        row[point] += 1.0
        row[0] = -moves.down[point]
        if point == 0:
            row[0] = moves.up
        value = 1.0
        for number in range(point):
            factor = row[number]
            if abs(factor) < _NEGLIGIBLE:
                continue
            above = upper[number]
            factor /= above[number]
            value -= factor * right[number]
            row[number + 1 :] = [
                one - factor * other
                for one, other in zip(row[number + 1 :], above[number + 1 :], strict=True)
            ]
        first = (1.0 if point == 0 else 0.0) - sum(
            one * other[point] for one, other in zip(left, upper, strict=True)
        )
        if row[point] < _NO_PIVOT:
            yield math.inf
            return
        upper.append(row)
        right.append(value)
        left.append(first / row[point])
        minutes += left[-1] * value
        yield minutes
