"""The thresholds of thresholds.yaml, at their values, between them, and beyond the last."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.objectives.sequential.score import weights_of
from shared.objectives.sequential.thresholds import thresholds

TABLE = thresholds()
BOUND = math.log(TABLE.run_length)


def test_each_value_has_its_own_threshold() -> None:
    row = TABLE.rows[5, 3]
    dispersion, ratio = TABLE.dispersion.values[5], TABLE.ratio.values[3]

    found = [TABLE.at(expected, dispersion, ratio) for expected in TABLE.expected.values]

    assert list(row) == pytest.approx(found)


def test_the_table_is_whole() -> None:
    shape = (len(TABLE.dispersion.values) * len(TABLE.ratio.values), {len(TABLE.expected.values)})

    assert shape == (len(TABLE.rows), {len(row) for row in TABLE.rows.values()})


def test_no_threshold_is_above_what_is_always_enough() -> None:
    assert all(0 < value <= BOUND + 0.01 for row in TABLE.rows.values() for value in row)


def test_between_two_values_it_lies_between_their_thresholds() -> None:
    at = [TABLE.at(expected, 3, 10) for expected in (0.1, 0.13, 0.17783)]

    assert min(at[0], at[2]) <= at[1] <= max(at[0], at[2])


def test_fewer_events_than_the_first_value_have_its_threshold() -> None:
    assert TABLE.at(0.001, 3, 10) == TABLE.at(1e-9, 3, 10)


@pytest.mark.parametrize(
    ("expected", "dispersion", "ratio"),
    [
        pytest.param(400, 3, 10, id="more events"),
        pytest.param(1, 1001, 10, id="more dispersion"),
        pytest.param(1, 3, 4001, id="a worse fault"),
        pytest.param(1, 3, 1.9, id="a lesser fault"),
    ],
)
def test_beyond_the_last_value_it_is_what_is_always_enough(
    expected: float, dispersion: float, ratio: float
) -> None:
    assert BOUND == TABLE.at(expected, dispersion, ratio)


@given(
    expected=st.floats(1e-6, 1000),
    dispersion=st.floats(0, 1000),
    ratio=st.floats(2, 4000),
    times=st.floats(1, 9),
)
def test_bad_events_speak_for_a_fault_and_quiet_minutes_against_it(
    expected: float, dispersion: float, ratio: float, times: float
) -> None:
    weights = weights_of(expected, dispersion, ratio)

    assert weights.per_event > 0
    assert weights.per_minute > 0
    assert weights_of(expected, dispersion * times, ratio).per_event <= weights.per_event + 1e-9
