"""Draw the chart of an incident: lanes of what happened above one panel for each signal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.notices.charts.lanes import HEIGHT, draw_lanes
from shared.notices.charts.marks import ChartLane, Mark
from shared.notices.charts.panels import PanelPlace, draw_panel
from shared.notices.charts.scale import TimeScale, fitted, width_of
from shared.notices.charts.series import Panel, TimeSpan
from shared.notices.charts.svg import Svg

MOST_PANELS = 4
_LANES = 22.0  # where they begin
_APART = 8.0  # between two words
_DAY = timedelta(days=1)
_PANELS = _LANES + HEIGHT * len(ChartLane) + 10


@dataclass(frozen=True, slots=True)
class Recovering:
    """How long it has been within the goal again: since when, until when that is proved, and the words for it."""

    since: datetime
    proved_until: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart; `title` and `description` say it to those who do not see it."""

    title: str
    description: str
    span: TimeSpan
    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...] = ()
    onset: datetime | None = None
    recovering: Recovering | None = None


@dataclass(frozen=True, slots=True)
class _Format:
    """The measures of one of the two drawings, in pixels."""

    name: str
    width: float
    left: float
    right: float
    share: float
    events: float
    pitch: float
    between_ticks: float


_WIDE = _Format("wide", 1070, 108, 1000, 64, 28, 150, 72)
_NARROW = _Format("narrow", 332, 66, 332, 54, 20, 132, 72)


def draw_chart(chart: Chart) -> tuple[Svg, Svg]:
    """Return the drawing for a desk, 1070 pixels wide, and the one for a phone, 332 wide."""
    return _drawn(chart, _WIDE), _drawn(chart, _NARROW)


def _drawn(chart: Chart, form: _Format) -> Svg:
    panels = chart.panels[:MOST_PANELS]
    below = form.pitch * len(panels) - (form.pitch - form.share - form.events - 32)
    bottom = _PANELS + max(below, 0)
    scale = TimeScale(chart.span, form.left, form.right)
    ids = f"t-{form.name} d-{form.name}"
    drawing = Svg(
        class_=form.name, viewBox=f"0 0 {form.width:g} {bottom + 24:g}", role="img", aria_labelledby=ids
    )
    drawing.add("title", chart.title, id=f"t-{form.name}")
    drawing.add("desc", chart.description, id=f"d-{form.name}")
    _draw_back(drawing, chart, scale, form, bottom)
    _write_top(drawing, chart, scale)
    draw_lanes(drawing, chart.marks, scale, _LANES, form.width)
    for place, panel in enumerate(panels):
        top = _PANELS + form.pitch * place
        draw_panel(drawing, panel, scale, PanelPlace(top, form.share, form.events, form is _WIDE))
    _draw_times(drawing, scale, form, bottom)
    return drawing


def _draw_back(drawing: Svg, chart: Chart, scale: TimeScale, form: _Format, bottom: float) -> None:
    """Draw what lies behind all panels: the recovery, the changes and the onset."""
    if chart.recovering is not None:
        _draw_recovery(drawing, chart.recovering, scale, form, bottom)
    for mark in chart.marks:
        if mark.lane is ChartLane.CHANGES and scale.holds(mark.at):
            drawing.add("path", class_="l-change", d=f"M{scale.x(mark.at):.1f} {_LANES + 12:g}V{bottom:g}")
    if chart.onset is not None and scale.holds(chart.onset):
        drawing.add("path", class_="l-bad", d=f"M{scale.x(chart.onset):.1f} 18V{bottom:g}")


def _write_top(drawing: Svg, chart: Chart, scale: TimeScale) -> None:
    """Write over the lanes how far it has recovered, and left of that, or at its line, when it began."""
    end = scale.right
    if chart.recovering is not None:
        text = fitted(chart.recovering.text, 0.6 * scale.right)
        drawing.add("text", text, class_="t-good b", x=scale.right, y=14, text_anchor="end")
        end -= width_of(text) + _APART
    if chart.onset is not None and scale.holds(chart.onset):
        began = f"began {chart.onset.astimezone(UTC):%H:%M}"
        x = min(scale.x(chart.onset), end - width_of(began))
        drawing.add("text", began, class_="t-bad b", x=x, y=14)


def _draw_recovery(
    drawing: Svg, recovering: Recovering, scale: TimeScale, form: _Format, bottom: float
) -> None:
    left, proved = scale.x(recovering.since), scale.x(recovering.proved_until)
    height = bottom - _LANES
    hatch = drawing.add("defs").add(
        "pattern",
        id=f"h-{form.name}",
        width=7,
        height=7,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    hatch.add("path", class_="hatch", d="M0 0V7")
    drawing.add("rect", class_="band", x=left, y=_LANES, width=max(scale.right - left, 0), height=height)
    if proved > left:
        drawing.add("rect", fill=f"url(#h-{form.name})", x=left, y=_LANES, width=proved - left, height=height)


def _draw_times(drawing: Svg, scale: TimeScale, form: _Format, bottom: float) -> None:
    if form is _WIDE:
        drawing.add("text", "UTC", x=0, y=bottom + 18)
    is_long = scale.span.until - scale.span.since > _DAY
    shape = "%d %b %H:%M" if is_long else "%H:%M"
    half = width_of(f"{scale.span.since:{shape}}") / 2
    for tick in scale.ticks(max(form.between_ticks, 3 * half + _APART)):
        x = scale.x(tick)
        anchor = "end" if x > scale.right - half else "start" if x < scale.left + half else "middle"
        drawing.add("path", class_="rule", d=f"M{x:.1f} {bottom + 2:g}v5")
        drawing.add("text", f"{tick:{shape}}", x=x, y=bottom + 18, text_anchor=anchor)
