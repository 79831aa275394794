import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notices.cards.strip import BLOCKS, NOTHING, strip, top_of


def test_an_hour_in_which_a_key_is_regenerated_at_its_end() -> None:
    assert "▁▁▁▁▁▁▁▁▄▆▇▇" == strip([0.02] * 8 + [0.42, 0.71, 0.78, 0.78])


def test_five_minutes_without_events_are_a_dot_and_not_a_low_block() -> None:
    assert "▁·▄·" == strip([0.0, None, 0.02, None])


@pytest.mark.parametrize(
    ("peak", "top"), [(0.0, 0.05), (0.05, 0.05), (0.06, 0.10), (0.25, 0.25), (0.26, 1.0), (1.0, 1.0)]
)
def test_a_full_block_stands_for_one_of_four_shares(peak: float, top: float) -> None:
    assert top == top_of([0.0, peak, None])


@given(st.lists(st.none() | st.floats(0, 1), max_size=12))
def test_each_share_has_one_block_and_a_larger_one_is_never_lower(shares: list[float | None]) -> None:
    text = strip(shares)
    known = sorted(
        (share, BLOCKS.index(block)) for share, block in zip(shares, text, strict=True) if share is not None
    )

    assert [share is None for share in shares] == [block == NOTHING for block in text]
    assert [place for _, place in known] == sorted(place for _, place in known)
