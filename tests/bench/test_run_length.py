"""The run lengths of the Markov chain: beside a simulation, beside Lorden's bound, and as they stand in the file."""

import math
import random
from itertools import islice, pairwise

import pytest

from bench.card.make_thresholds import DISPERSION, EXPECTED, RATIO, RUN_LENGTH
from bench.card.run_length import counts_of, probabilities, run_lengths, simulated_run_length, threshold_of
from shared.objectives.sequential.score import weights_of
from shared.objectives.sequential.thresholds import thresholds


@pytest.mark.parametrize(
    ("expected", "dispersion", "ratio"), [(0.02, 0, 5), (0.02, 24, 20), (2, 24, 20), (20, 1, 5)]
)
def test_the_run_length_of_the_chain_is_that_of_a_simulation(
    expected: float, dispersion: float, ratio: float
) -> None:
    threshold = threshold_of(expected, dispersion, ratio, 1000)
    lengths = run_lengths(expected, dispersion, ratio, math.log(1000))
    counts = counts_of(expected, dispersion, random.Random(7))

    weights = weights_of(expected, dispersion, ratio)
    simulated = simulated_run_length([weights], [threshold], counts, runs=1500)

    assert lengths.minutes[round(threshold / lengths.step) - 1] == pytest.approx(simulated, rel=0.1)


def test_a_higher_threshold_has_a_longer_run() -> None:
    lengths = run_lengths(0.2, 3, 20, 10)

    assert all(one <= other for one, other in pairwise(lengths.minutes))


@pytest.mark.parametrize("dispersion", [0, 0.3, 24])
def test_no_run_is_shorter_than_lorden_promises(dispersion: float) -> None:
    lengths = run_lengths(0.2, dispersion, 20, 8)

    # Half a point of the lattice: scores are rounded to it.
    assert all(
        minutes >= math.exp(number * lengths.step - lengths.step / 2)
        for number, minutes in enumerate(lengths.minutes, 1)
    )


@pytest.mark.parametrize(("expected", "dispersion"), [(0.02, 24), (2, 0), (5, 1.5)])
def test_counts_have_the_mean_and_the_variance_that_they_are_drawn_with(
    expected: float, dispersion: float
) -> None:
    terms = list(enumerate(islice(probabilities(expected, dispersion), 2000)))
    mean = sum(number * probability for number, probability in terms)
    variance = sum((number - mean) ** 2 * probability for number, probability in terms)

    assert (expected, expected + dispersion * expected**2) == (pytest.approx(mean), pytest.approx(variance))


@pytest.mark.parametrize(("along", "by", "number"), [(0, 1, 8), (3, 4, 12), (7, 0, 0), (10, 7, 22)])
def test_the_file_holds_what_the_chain_gives(along: int, by: int, number: int) -> None:
    worked_out = threshold_of(EXPECTED[number], DISPERSION[along], RATIO[by], RUN_LENGTH)

    assert thresholds().rows[along, by][number] == pytest.approx(worked_out, abs=0.006)


def test_the_file_has_the_axes_and_the_level_that_it_was_made_with() -> None:
    table = thresholds()

    assert (list(DISPERSION), list(RATIO)) == (table.dispersion.values, table.ratio.values)
    assert list(EXPECTED) == pytest.approx(table.expected.values, rel=1e-3)
    assert RUN_LENGTH == table.run_length
