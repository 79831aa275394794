"""Draw the panels of a chart: one for each signal, its share of bad events above its events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.incidents.recent.words import percent
from shared.notices.charts.scale import TimeScale, fitted, width_of
from shared.notices.charts.series import Bar, Panel
from shared.notices.charts.svg import Svg, box, figure

_GAP = 1.2  # pixels between two bars
_LEAST = 1.0  # of a bar that is not empty
_BIG = 1.2  # times as wide as a text of 12 pixels: the name of a panel
_BESIDE = 62.0  # pixels right of the bars
_HIGHEST = 34.0  # where the words of a peak stand at most, below the head of their panel


@dataclass(frozen=True, slots=True)
class PanelPlace:
    """Where a panel lies: its top, and how high its two plots are."""

    top: float
    share: float
    events: float
    is_wide: bool

    @property
    def floor(self) -> float:
        """Where the bars of the share stand."""
        return self.top + 26 + self.share

    @property
    def bottom(self) -> float:
        """Where the bars of the events stand."""
        return self.floor + 6 + self.events


def draw_panel(drawing: Svg, panel: Panel, scale: TimeScale, place: PanelPlace) -> None:
    """Draw one panel, each plot on its own scale."""
    drawing.add("rect", class_="f-paper", x=0, y=place.top, width=scale.right, height=24)
    _write_head(drawing, panel, scale, place)
    most = max((bar.total for bar in panel.bars), default=0.0)
    if panel.goal is not None:
        _draw_shares(drawing, panel, scale, place)
    _draw_events(drawing, panel, scale, place, most)
    _write_scales(drawing, panel, scale, place, most)


def _write_head(drawing: Svg, panel: Panel, scale: TimeScale, place: PanelPlace) -> None:
    is_hit = any(bar.is_over for bar in panel.bars)
    numbers = f"{panel.bad:,.0f} of {panel.total:,.0f}" if panel.goal is not None else f"{panel.bad:,.0f}"
    said = numbers if is_hit else f"within the goal: {numbers}"
    if not panel.bars:
        said = "nothing counted in this time"
    kind = "t-bad b" if is_hit else "soft"
    said = fitted(said, scale.right * 0.7)
    name = fitted(panel.name, (scale.right - width_of(said) - 12) / _BIG)
    drawing.add("text", name, class_="big", x=0, y=place.top + 18)
    drawing.add("text", said, class_=kind, x=scale.right, y=place.top + 18, text_anchor="end")


def _draw_shares(drawing: Svg, panel: Panel, scale: TimeScale, place: PanelPlace) -> None:
    floor, goal = place.floor, panel.goal or 0.0
    ends = f"{figure(scale.left)} {{}}H{figure(scale.right)}"
    drawing.add(
        "path",
        class_="rule",
        d=f"M{ends.format(figure(floor + 0.5))}M{ends.format(figure(floor - place.share))}",
    )

    def drawn(bar: Bar) -> str:
        height = max(bar.share * place.share, _LEAST) if bar.total > 0 else 0.0
        return _bar(scale, bar, floor, height)

    _draw_bars(drawing, panel.bars, drawn)
    drawing.add("path", class_="goal", d=f"M{ends.format(figure(floor - min(goal, 1.0) * place.share))}")
    if (peak := panel.peak) is not None:
        words = percent(peak.share)
        half = width_of(words) / 2
        x = min(max(scale.x(peak.start) + scale.step / 2, scale.left + half), scale.right - half)
        y = max(floor - peak.share * place.share - 4, place.top + _HIGHEST)
        drawing.add("text", words, class_="t-bad b halo", x=x, y=y, text_anchor="middle")


def _draw_events(drawing: Svg, panel: Panel, scale: TimeScale, place: PanelPlace, most: float) -> None:
    def height(events: float) -> float:
        return max(events / most * place.events, _LEAST) if most > 0 and events > 0 else 0.0

    _draw_bars(drawing, panel.bars, lambda bar: _bar(scale, bar, place.bottom, height(bar.total)), over=False)
    bad = "".join(
        _bar(scale, bar, place.bottom, height(min(bar.bad, bar.total))) for bar in panel.bars if bar.is_whole
    )
    if bad:
        drawing.add("path", class_="f-bad", d=bad)


def _draw_bars(drawing: Svg, bars: Iterable[Bar], drawn: Callable[[Bar], str], *, over: bool = True) -> None:
    """Draw bars as one path of each colour."""
    paths: dict[str, str] = {}
    for bar in bars:
        is_over = over and bar.is_over
        kind = (
            ("f-bad" if is_over else "f-bar") if bar.is_whole else ("l-hollow" if is_over else "l-hollow-bar")
        )
        paths[kind] = paths.get(kind, "") + drawn(bar)
    for kind, path in sorted(paths.items()):
        if path:
            drawing.add("path", class_=kind, d=path)


def _bar(scale: TimeScale, bar: Bar, floor: float, height: float) -> str:
    if height <= 0:
        return ""
    width = max(scale.step - _GAP, 0.6)
    return box(scale.x(bar.start) + _GAP / 2, floor - height, width, height)


def _write_scales(drawing: Svg, panel: Panel, scale: TimeScale, place: PanelPlace, most: float) -> None:
    """Write what the heights mean; a phone has room for the numbers alone."""
    room = scale.left - 8

    def write(name: str, number: str, y: float) -> None:
        shown = fitted(number, room)
        if place.is_wide and name:
            drawing.add("text", name, class_="soft", x=0, y=y)
            shown = fitted(number, room - width_of(name) - 4)
        drawing.add("text", shown, class_="soft", x=room, y=y, text_anchor="end")

    if panel.goal is not None:
        write("bad share", "100 %", place.floor - place.share + 10)
        write("", "0", place.floor + 1)
    if panel.goal is not None and place.is_wide:
        line = place.floor - min(panel.goal, 1.0) * place.share + 4
        goal = f"goal {100 * panel.goal:.3g} %"
        shown = goal if width_of(goal) <= _BESIDE else fitted(goal.removeprefix("goal "), _BESIDE)
        drawing.add("text", shown, class_="soft", x=scale.right + 8, y=line)
    write("all" if panel.goal is not None else "bad", f"{most:,.0f}", place.bottom - place.events + 13)
