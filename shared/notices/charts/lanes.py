"""Draw the lanes on top of a chart: what happened, and when."""

from collections.abc import Sequence

from shared.notices.charts.marks import ChartLane, Mark, Sign, of_lane
from shared.notices.charts.scale import TimeScale, fitted, width_of
from shared.notices.charts.signs import sign_at
from shared.notices.charts.svg import Svg

HEIGHT = 24.0  # of a lane
_BESIDE = 11.0  # from a sign to its word
_LEAST = 30.0  # a word with less room is left out; the list below the chart has it
_MOST = 190.0
_EMPTY = {
    ChartLane.CHANGES: "none known",
    ChartLane.DIAGNOSES: "none yet",
    ChartLane.TOLD: "nobody yet",
    ChartLane.PEOPLE: "nobody has it",
    ChartLane.MICROSOFT: "none declared",
}


def draw_lanes(drawing: Svg, marks: tuple[Mark, ...], scale: TimeScale, top: float, empty_at: float) -> None:
    """Draw every lane; `empty_at` is where a lane without a mark says so."""
    for place, lane in enumerate(ChartLane):
        middle = top + place * HEIGHT + HEIGHT / 2
        drawing.add("path", class_="rule", d=f"M0 {middle + 12:g}H{scale.right:g}")
        drawing.add("text", lane, class_="soft", x=0, y=middle + 4)
        shown = [mark for mark in of_lane(marks, lane) if scale.holds(mark.at)]
        if not shown:
            drawing.add("text", _EMPTY[lane], class_="soft halo", x=empty_at, y=middle + 4)
        _draw_marks(drawing, shown, scale, middle, empty_at)


def _draw_marks(
    drawing: Svg, marks: Sequence[Mark], scale: TimeScale, middle: float, leftmost: float
) -> None:
    edges = [leftmost, *(scale.x(mark.at) for mark in marks), scale.right]
    for mark, before, place, after in zip(marks, edges, edges[1:], edges[2:], strict=False):
        sign_at(drawing, mark.sign, place, middle)
        _write_label(drawing, mark, (place - before, place, after - place), middle)


def _write_label(drawing: Svg, mark: Mark, room: tuple[float, float, float], middle: float) -> None:
    """Write a word to the right of its sign where there is room, else to the left, else nowhere."""
    left, place, right = room
    goes_left = mark.sign is Sign.CHANGE and left > right
    wide = min((left if goes_left else right) - 2 * _BESIDE, _MOST)
    if wide < min(_LEAST, width_of(mark.label)):
        return
    label = fitted(mark.label, wide)
    if goes_left:
        drawing.add("text", label, class_="halo", x=place - _BESIDE, y=middle + 4, text_anchor="end")
    else:
        drawing.add("text", label, class_="halo", x=place + _BESIDE, y=middle + 4)
