from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.incidents.recent.direction import Direction, direction_of
from shared.signals.counts import Count

START = datetime(2026, 11, 16, 7, 20, tzinfo=UTC)


def counts(*pairs: tuple[float, float]) -> list[Count]:
    return [
        Count("lobby", "refused-connects", START + place * timedelta(minutes=5), bad, total, START)
        for place, (bad, total) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("pairs", "direction"),
    [
        ([(2, 100), (2, 100), (42, 100)], Direction.GROWING),
        ([(78, 100), (78, 100), (20, 100)], Direction.FADING),
        ([(78, 100), (76, 100), (80, 100)], Direction.STEADY),  # within chance
        ([(1, 4), (1, 4), (3, 4)], Direction.STEADY),  # four attempts tell nothing
        ([(78, 100)], Direction.STEADY),
        ([], Direction.STEADY),
        ([(0, 0), (0, 0), (9, 9)], Direction.STEADY),  # nothing to compare with
    ],
)
def test_only_what_chance_does_not_do_is_a_direction(
    pairs: list[tuple[float, float]], direction: Direction
) -> None:
    assert direction is direction_of(counts(*pairs))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=5))
def test_bad_and_good_turned_round_turn_the_direction(pairs: list[tuple[int, int]]) -> None:
    turned = {Direction.GROWING: Direction.FADING, Direction.FADING: Direction.GROWING}
    bad_of = counts(*((bad, bad + good) for bad, good in pairs))
    good_of = counts(*((good, bad + good) for bad, good in pairs))

    assert turned.get(direction_of(bad_of), Direction.STEADY) is direction_of(good_of)


def test_each_direction_has_a_shape_beside_its_word() -> None:
    assert ["▲ growing", "▬ steady", "▼ fading"] == [f"{one.sign} {one}" for one in Direction]
