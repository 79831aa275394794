"""Charts for tests: a night in which the key of `traders` is regenerated, and wilder ones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from xml.etree.ElementTree import Element, fromstring

from hypothesis import strategies as st

from shared.notices.charts.chart import Chart, Recovering, draw_chart
from shared.notices.charts.marks import ChartLane, Mark, Sign
from shared.notices.charts.scale import width_of
from shared.notices.charts.series import MOST_BARS, Bar, Panel, TimeSpan, span_of

NIGHT = datetime(2026, 11, 16, 6, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STRANGE = st.text(max_size=80) | st.sampled_from(
    ["</svg><script>alert(1)</script>", "\" onload='x", "&amp;", "\x00\x1b\ud800", "長い名前" * 20, "a" * 400]
)
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(0, 10**9)
moments = st.integers(-60, 3 * 24 * 60).map(lambda minutes: NIGHT + minutes * MINUTE)


def at(minutes: float) -> datetime:
    """Return a moment, counted in minutes from 06:40."""
    return NIGHT + minutes * MINUTE


def floor_panel() -> Panel:
    """Return the refused connects of the night: 2 of 100 before 07:20, then 90, then 2 again."""
    bars = tuple(
        Bar(at(5 * place), bad, 100, is_over=bad > 5, is_whole=place < 21)
        for place, bad in enumerate([2] * 8 + [54] + [90] * 8 + [2] * 5)
    )
    return Panel("refused connects", bars, 0.05)


def night() -> Chart:
    """Return the night whole, while it recovers."""
    marks = (
        Mark(ChartLane.CHANGES, Sign.CHANGE, at(41), "key regenerated"),
        Mark(ChartLane.DIAGNOSES, Sign.WRONG_LOOK, at(53), "wrong"),
        Mark(ChartLane.DIAGNOSES, Sign.LOOK, at(61), "the key"),
        Mark(ChartLane.TOLD, Sign.NOTICE, at(61), "corrected"),
        Mark(ChartLane.PEOPLE, Sign.PERSON, at(64), "Mia Night has it"),
    )
    return Chart(
        title="Refused connects by 5 minutes, 06:40 to 08:30 UTC",
        description="From 2 % to 90 % at 07:22, and back at 08:05.",
        span=span_of(at(0), at(110)),
        panels=(floor_panel(),),
        marks=marks,
        onset=at(42),
        recovering=Recovering(at(85), at(105), "within goal: 4 of 6"),
    )


def drawn(chart: Chart) -> tuple[Element, Element]:
    """Draw a chart, and read both drawings back; they must be valid XML."""
    wide, narrow = draw_chart(chart)
    return fromstring(wide.__html__()), fromstring(narrow.__html__())


def words(drawing: Element) -> list[str]:
    """Return what is written in a drawing."""
    return [text.text or "" for text in drawing.iter("text")]


@dataclass(frozen=True, slots=True)
class Written:
    """A text of a drawing, and where it is about: the place of its left end, its width and its baseline."""

    text: str
    left: float
    width: float
    line: float

    def meets(self, other: "Written") -> bool:
        """Tell whether two texts lie over each other; letters are 12 pixels high."""
        is_beside = self.left + self.width <= other.left or other.left + other.width <= self.left
        return not is_beside and abs(self.line - other.line) < 12


def written(drawing: Element) -> list[Written]:
    """Return the texts of a drawing with their places."""
    texts = []
    for part in drawing.iter("text"):
        width = width_of(part.text or "") * (1.2 if part.attrib.get("class") == "big" else 1)
        anchor = part.attrib.get("text-anchor", "start")
        left = float(part.attrib["x"]) - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        texts.append(Written(part.text or "", left, width, float(part.attrib["y"])))
    return texts


def that_overlap(drawing: Element) -> list[tuple[str, str]]:
    """Return the pairs of texts that nobody can read."""
    pairs = combinations([text for text in written(drawing) if text.text], 2)
    return [(one.text, other.text) for one, other in pairs if one.meets(other)]


def that_stick_out(drawing: Element) -> list[str]:
    """Return the texts that leave the paper; a pixel is nothing."""
    width = float(drawing.attrib["viewBox"].split()[2])
    return [text.text for text in written(drawing) if text.left < -1 or text.left + text.width > width + 1]


@st.composite
def spans(draw: st.DrawFn) -> TimeSpan:
    """Draw a span of minutes to months."""
    since = draw(moments)
    return span_of(since, since + timedelta(minutes=draw(st.integers(1, 60 * 24 * 60))))


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """Draw a chart, however strange its numbers and words."""
    span = draw(spans())
    starts = st.integers(0, MOST_BARS - 1).map(lambda place: span.since + place * span.step)
    bars = st.lists(
        st.builds(Bar, starts, numbers, numbers, st.booleans(), st.booleans()), max_size=MOST_BARS
    )
    goals = st.none() | st.floats(0, 1)
    panels = draw(st.lists(st.builds(Panel, STRANGE, bars.map(tuple), goals), max_size=6))
    marks = st.lists(
        st.builds(Mark, st.sampled_from(ChartLane), st.sampled_from(Sign), moments, STRANGE), max_size=60
    )
    recovering = st.none() | st.builds(Recovering, moments, moments, STRANGE)
    return Chart(
        draw(STRANGE),
        draw(STRANGE),
        span,
        tuple(panels),
        tuple(draw(marks)),
        draw(st.none() | moments),
        draw(recovering),
    )
