"""Draw one signal as a strip of small bars: all strips share one scale, in which the goal is at a third of the height."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from shared.notices.charts.svg import Svg, figure

BARS = 72  # six hours of 5 minutes
_STEP = 3.0  # pixels of a bar with its gap
_FLOOR, _GOAL = 29.0, 9.0
_MOST = 3.0  # times the goal; a higher bar is cut
_LEAST = 0.3  # pixels of a bar that is not empty
_CUT = 8.0  # where a bar that is cut has its gap


class Level(NamedTuple):
    """One bar: its place, 0 for the oldest, and how many times the goal it is."""

    place: int
    of_goal: float
    is_over: bool


def draw_strip(levels: Sequence[Level], label: str, quiet_from: int = BARS, *, is_blind: bool = False) -> Svg:
    """Draw a strip, one path for each colour.

    From `quiet_from` on nothing was counted, which is a dashed line and neither good nor bad.
    """
    drawing = Svg(
        class_="strip",
        viewBox=f"0 0 {figure(BARS * _STEP)} 30",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )
    drawing.add("path", class_="rule", d=f"M0 29.5H{figure(BARS * _STEP)}")
    for kind, is_over in (("l-bar", False), ("l-bar over", True)):
        path = "".join(_bar(level) for level in levels if level.is_over is is_over)
        if path:
            drawing.add("path", class_=kind, d=path)
    cut = "".join(
        f"M{figure(_STEP * level.place)} {figure(_CUT)}h{figure(_STEP)}" for level in levels if _is_cut(level)
    )
    if cut:
        drawing.add("path", class_="l-cut", d=cut)
    if quiet_from < BARS:
        kind = "gap" if is_blind else "gap none"
        drawing.add("path", class_=kind, d=f"M{figure(_STEP * quiet_from)} 25H{figure(BARS * _STEP - 1)}")
    drawing.add("path", class_="goal", d=f"M0 {figure(_FLOOR - _GOAL)}H{figure(BARS * _STEP)}")
    return drawing


def _bar(level: Level) -> str:
    height = max(_LEAST, min(level.of_goal, _MOST) * _GOAL) if math.isfinite(level.of_goal) else _MOST * _GOAL
    return f"M{figure(_STEP * level.place + 1)} 29v-{figure(height)}"


def _is_cut(level: Level) -> bool:
    return not level.of_goal < _MOST  # what is not a number is drawn as high as can be
