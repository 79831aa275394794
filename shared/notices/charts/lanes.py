"""Draw the lanes on top of a chart: what happened, and when."""

from collections.abc import Sequence

from shared.notices.charts.marks import ChartLane, Mark, Sign, of_lane
from shared.notices.charts.scale import TimeScale, fitted, width_of
from shared.notices.charts.signs import sign_at
from shared.notices.charts.svg import Svg

HEIGHT = 24.0  # of a lane
_BESIDE = 11.0  # from a sign to its word
_APART = 8.0  # between two words
_LEAST = 60.0  # a word with less room is left out; the list below the chart has it
_MOST = 190.0
_EMPTY = {
    ChartLane.CHANGES: "none known",
    ChartLane.DIAGNOSES: "none yet",
    ChartLane.TOLD: "nobody yet",
    ChartLane.PEOPLE: "nobody has it",
    ChartLane.MICROSOFT: "none declared",
}


def draw_lanes(drawing: Svg, marks: tuple[Mark, ...], scale: TimeScale, top: float, width: float) -> None:
    """Draw every lane; one without a mark says so. `width` is that of the paper."""
    for place, lane in enumerate(ChartLane):
        middle = top + place * HEIGHT + HEIGHT / 2
        drawing.add("path", class_="rule", d=f"M0 {middle + 12:g}H{scale.right:g}")
        drawing.add("text", lane, class_="soft", x=0, y=middle + 4)
        shown = [mark for mark in of_lane(marks, lane) if scale.holds(mark.at)]
        if not shown:
            drawing.add("text", _EMPTY[lane], class_="soft halo", x=scale.left, y=middle + 4)
        _draw_marks(drawing, shown, scale, middle, width)


def _draw_marks(drawing: Svg, marks: Sequence[Mark], scale: TimeScale, middle: float, width: float) -> None:
    """Draw signs with their words: none reaches into the next sign, nor into a word that stands already."""
    places = [scale.x(mark.at) for mark in marks]
    ends = [*(place - _BESIDE for place in places[1:]), width]
    free = scale.left
    for mark, place, end in zip(marks, places, ends, strict=False):
        sign_at(drawing, mark.sign, place, middle)
        written_to = _write_label(drawing, mark, (free, place, end), middle)
        free = max(place + _BESIDE, written_to + _APART)


def _write_label(drawing: Svg, mark: Mark, room: tuple[float, float, float], middle: float) -> float:
    """Write a word beside its sign where there is room, and return where it ends; the sign's place, if it is left out."""
    start, place, end = room
    left, right = place - _BESIDE - start, end - place - _BESIDE
    wish = min(width_of(mark.label), _MOST)
    goes_left = left > right and (mark.sign is Sign.CHANGE or wish > right)
    wide = min(left if goes_left else right, _MOST)
    if wide < min(_LEAST, wish):
        return place
    label = fitted(mark.label, wide)
    if goes_left:
        drawing.add("text", label, class_="halo", x=place - _BESIDE, y=middle + 4, text_anchor="end")
        return place
    drawing.add("text", label, class_="halo", x=place + _BESIDE, y=middle + 4)
    return place + _BESIDE + width_of(label)
