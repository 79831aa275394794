"""The chart of an incident: two drawings that say the same, whatever the numbers are."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notices.charts.chart import Chart, Recovering, draw_chart
from shared.notices.charts.marks import MOST_MARKS, ChartLane, Mark, Sign
from shared.notices.charts.scale import TimeScale, fitted, width_of
from shared.notices.charts.series import MOST_BARS, Bar, Panel, TimeSpan, span_of
from tests.drawn import examples
from tests.notices.charts.drawings import (
    at,
    charts,
    drawn,
    floor_panel,
    night,
    spans,
    that_overlap,
    that_stick_out,
    words,
)

MOST_BYTES = 60_000  # of both drawings: four panels of 72 bars, and five full lanes
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@examples("strange charts", 60, 2_000)
@given(charts())
def test_whatever_the_numbers_a_chart_is_small_valid_and_within_its_paper(chart: Chart) -> None:
    texts = [drawing.__html__() for drawing in draw_chart(chart)]

    assert sum(map(len, texts)) < MOST_BYTES
    for drawing in drawn(chart):
        assert not {"script", "style", "image", "a", "foreignObject"} & {part.tag for part in drawing.iter()}
        for part in drawing.iter():
            assert not [name for name in part.attrib if name == "style" or name.startswith("on")]
            places = [
                part.attrib[name] for name in ("x", "y", "cx", "cy", "width", "height") if name in part.attrib
            ]
            assert [] == [place for place in places if not NUMBER.fullmatch(place)]
            assert not re.search("nan|inf|e[+-]?[0-9]", part.attrib.get("d", ""))


@examples("charts that are read", 60, 2_000)
@given(charts())
def test_no_two_texts_of_a_drawing_overlap_and_none_leaves_the_paper(chart: Chart) -> None:
    for drawing in drawn(chart):
        assert ([], []) == (that_overlap(drawing), that_stick_out(drawing))


@examples("nights that recover", 60, 2_000)
@given(st.integers(0, 109), st.integers(0, 110), st.integers(0, 100))
def test_wherever_a_short_night_began_it_is_read(began: int, over: int, told: int) -> None:
    marks = (
        Mark(ChartLane.TOLD, Sign.NOTICE, at(told), "cause found"),
        Mark(ChartLane.TOLD, Sign.NOTICE, at(told + 1), "who has it"),
        Mark(ChartLane.PEOPLE, Sign.PERSON, at(told), "Mia Night (unverified) has it"),
    )
    recovering = Recovering(at(over), at(110), "within goal: 1 of 6")
    chart = replace(night(), onset=at(began), recovering=recovering, marks=marks)
    for drawing in drawn(chart):
        assert [] == that_overlap(drawing)
        assert {"within goal: 1 of 6", f"began {at(began):%H:%M}"} <= set(words(drawing))
    wide, _ = drawn(chart)
    assert {"who has it", "Mia Night (unverified) has it"} <= set(words(wide))


@examples("spans of charts", 100, 2_000)
@given(spans())
def test_every_span_has_few_whole_steps(span: TimeSpan) -> None:
    assert 1 <= span.steps <= MOST_BARS
    assert span.until - span.since == span.steps * span.step
    assert 0 == span.since.timestamp() % span.step.total_seconds()
    scale = TimeScale(span, 0, 332)
    assert all(scale.holds(tick) for tick in scale.ticks(72))
    assert len(list(scale.ticks(72))) <= 6


def test_both_drawings_name_the_peak_the_goal_line_and_the_beginning() -> None:
    wide, narrow = drawn(night())

    assert {"90 %", "began 07:22", "800 of 2,200", "within goal: 4 of 6"} <= set(words(wide))
    assert {"90 %", "began 07:22", "800 of 2,200", "within goal: 4 of 6"} <= set(words(narrow))
    assert "goal 5 %" in words(wide)
    assert (1070, 332) == tuple(int(one.attrib["viewBox"].split()[2]) for one in (wide, narrow))


def test_a_drawing_has_a_title_and_a_description_for_those_who_do_not_see_it() -> None:
    for drawing in drawn(night()):
        ids = [
            part.attrib["id"] for part in (drawing.find("title"), drawing.find("desc")) if part is not None
        ]

        assert ids == drawing.attrib["aria-labelledby"].split()


def test_no_two_elements_of_a_page_have_the_same_id() -> None:
    ids = [part.attrib["id"] for drawing in drawn(night()) for part in drawing.iter() if "id" in part.attrib]

    assert len(ids) == len(set(ids))


def test_a_lane_without_a_mark_says_so() -> None:
    wide, _ = drawn(replace(night(), marks=()))

    assert {"none known", "none yet", "nobody yet", "nobody has it", "none declared"} <= set(words(wide))


def test_a_wrong_diagnosis_is_hollow_and_struck() -> None:
    wide, _ = drawn(night())

    kinds = [part.attrib.get("class") for part in wide.iter("path")]
    assert "f-paper l-ink" in kinds
    assert 1 == kinds.count("l-ink")


def test_of_many_marks_the_first_and_the_last_are_drawn() -> None:
    marks = tuple(Mark(ChartLane.TOLD, Sign.NOTICE, at(minute), f"card {minute}") for minute in range(1, 100))
    wide, _ = drawn(replace(night(), marks=marks))

    assert MOST_MARKS == len(list(wide.iter("circle")))


def test_what_is_not_whole_yet_is_hollow() -> None:
    wide, _ = drawn(night())

    assert "l-hollow-bar" in [part.attrib.get("class") for part in wide.iter("path")]


def test_five_minutes_that_nobody_counted_are_no_bar() -> None:
    empty = replace(floor_panel(), bars=())
    wide, _ = drawn(replace(night(), panels=(empty,)))

    assert "nothing counted in this time" in words(wide)
    assert not {"f-bad", "f-bar"} & {part.attrib.get("class") for part in wide.iter("path")}


def test_a_source_without_a_total_has_no_share() -> None:
    counted = Panel("aborts", (Bar(at(5), 12, 12, is_over=True),), None)
    wide, _ = drawn(replace(night(), panels=(counted,)))

    assert "12" in words(wide)
    assert "bad share" not in words(wide)


@pytest.mark.parametrize(("hours", "minutes"), [(1, 5), (6, 10), (12, 15), (24, 30), (24 * 20, 24 * 60)])
def test_a_long_incident_has_longer_steps(hours: int, minutes: int) -> None:
    span = span_of(at(2), at(2) + timedelta(hours=hours))

    assert minutes * 60 >= span.step.total_seconds()


def test_a_label_without_room_is_cut_or_left_out() -> None:
    assert "Mia Night has it" == fitted("Mia Night has it", 120)
    cut = fitted("Mia Night of the trading desk has it", 120)
    assert cut.endswith("…")
    assert width_of(cut) <= 120
    assert "" == fitted("Mia", 2)


def test_a_word_of_which_a_few_letters_would_be_left_is_left_out() -> None:
    marks = [Mark(ChartLane.TOLD, Sign.NOTICE, at(minute), "severity raised") for minute in (40, 47, 54)]
    wide, _ = drawn(replace(night(), marks=tuple(marks)))

    assert 2 * ["severity raised"] == [word for word in words(wide) if word.startswith("sev")]
