"""The Wilson interval, against published examples."""

import pytest

from shared.queries.wilson import wilson


# Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872, table I: the score method without continuity correction.
@pytest.mark.parametrize(
    ("hits", "total", "bounds"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_agrees_with_published_intervals(hits: float, total: float, bounds: tuple[float, float]) -> None:
    lower, upper = wilson(hits, total)

    assert bounds == (round(lower, 4), round(upper, 4))


@pytest.mark.parametrize("total", [1, 7, 20, 4812])
def test_the_bounds_never_leave_zero_to_one(total: int) -> None:
    assert 0.0 == wilson(0, total)[0]
    assert 1.0 == wilson(total, total)[1]


def test_without_events_any_share_is_possible() -> None:
    assert (0.0, 1.0) == wilson(0, 0)
