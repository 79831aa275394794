"""A strip of the board: small, valid, and on one scale with all others."""

import re
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from shared.notices.charts.strip_bars import BARS, Level, draw_strip
from tests.drawn import examples
from tests.notices.charts.drawings import STRANGE

MOST_BYTES = 2_300  # 24 strips are at most 54 KB
_levels = st.dictionaries(
    st.integers(0, BARS - 1),
    st.tuples(st.floats(allow_nan=True, allow_infinity=True), st.booleans()),
    max_size=BARS,
).map(lambda bars: [Level(place, *rest) for place, rest in sorted(bars.items())])


@examples("strange strips", 60, 2_000)
@given(_levels, STRANGE.map(lambda text: text[:60]), st.integers(0, BARS), st.booleans())
def test_whatever_the_numbers_a_strip_is_small_and_valid(
    levels: list[Level], label: str, quiet_from: int, is_blind: bool
) -> None:
    text = draw_strip(levels, label, quiet_from, is_blind=is_blind).__html__()
    drawing = fromstring(text)

    assert len(text.encode()) < MOST_BYTES + 6 * len(label)
    assert not re.search("nan|inf|e[+-]?[0-9]", " ".join(part.attrib["d"] for part in drawing))
    assert all(float(height) <= 27 for height in re.findall(r"29v-([\d.]+)", text))


def test_there_is_one_path_for_each_colour() -> None:
    levels = [Level(place, 0.5 if place < 60 else 8, place >= 60) for place in range(BARS)]
    drawing = fromstring(draw_strip(levels, "refused connects").__html__())

    assert ["rule", "l-bar", "l-bar over", "l-cut", "goal"] == [part.attrib["class"] for part in drawing]


def test_the_goal_is_at_a_third_and_a_higher_bar_is_cut_at_three_times() -> None:
    text = draw_strip([Level(0, 1, False), Level(1, 2.9, True), Level(2, 50, True)], "closes").__html__()

    assert "M1 29v-9" in text
    assert "M4 29v-26.1M7 29v-27" in text
    assert 'class="l-cut" d="M6 8h3"' in text
    assert 'class="goal" d="M0 20H216"' in text


def test_what_nobody_counted_is_a_dashed_line_in_the_colour_of_doubt_where_it_is_blind() -> None:
    silent = draw_strip([Level(0, 0.5, False)], "closes", 40).__html__()
    blind = draw_strip([Level(0, 0.5, False)], "closes", 40, is_blind=True).__html__()

    assert 'class="gap none" d="M120 25H215"' in silent
    assert 'class="gap" d="M120 25H215"' in blind
