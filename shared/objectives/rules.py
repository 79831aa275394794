"""The rules that break an objective, made from its settings and from windows.yaml."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.configuration.objectives import Limit, ObjectiveSettings
from shared.objectives.history import HistoryWindow
from shared.queries.wilson import wilson
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape

_FILE = Path(__file__).with_name("windows.yaml")
_UNITS = {"m": ("minutes", "min"), "h": ("hours", "h"), "d": ("days", "days")}


@dataclass(frozen=True, slots=True)
class Rule:
    """A share of bad events that the windows of a pair must not both have, and how many events it needs to count."""

    text: str  # "burn 14.4 over 1 h and 5 min"
    long: timedelta
    short: timedelta
    ratio: Fraction
    is_inclusive: bool  # whether the ratio itself already breaks the rule
    min_bad: float  # bad events in the long window
    min_events: float  # events in the long window

    def broken_by(self, long: HistoryWindow, short: HistoryWindow) -> bool:
        """Tell whether the two windows break the rule; ratios are compared unrounded."""
        return (
            long.bad >= self.min_bad
            and long.total >= self.min_events
            and self._exceeded(short)
            and self._exceeded(long)
            and wilson(long.bad, long.total)[0] >= _windows()["sure"] * float(self.ratio)
        )

    def _exceeded(self, window: HistoryWindow) -> bool:
        bad, allowed = Fraction(window.bad), self.ratio * Fraction(window.total)
        return bad > 0 and (bad >= allowed if self.is_inclusive else bad > allowed)


def allowed_ratio(settings: ObjectiveSettings) -> Fraction:
    """Return the share of bad events that an objective allows, exactly: 1 - 0.99 is 1/100."""
    return 1 - Fraction(str(settings.target))


@cache
def rules_of(shape: Shape, settings: ObjectiveSettings) -> tuple[Rule, ...]:
    """Return the rules of an objective, the most urgent first; a signal without a total has only its own limit."""
    own = () if settings.limit is None else (_own_limit(shape, settings.limit),)
    if shape is Shape.VALUE:
        return own
    windows = _windows()
    limits = tuple(_limit(window, settings) for window in windows["limits"])
    return (*limits, *own, *(_burn(window, settings) for window in windows["burn"]))


def is_over(shape: Shape, settings: ObjectiveSettings, count: Count) -> bool:
    """Tell whether a bucket alone is outside the objective, however few its events.

    Without a total, the bucket is outside when it has half of its share of the limit, since a limit is reached over
    several buckets.
    """
    if shape is Shape.RATIO:
        return Fraction(count.bad) > allowed_ratio(settings) * Fraction(count.total)
    limit = settings.limit
    return limit is not None and count.bad > 0 and 2 * count.bad * (limit.within / BUCKET) >= limit.bad


def shows_symptom(shape: Shape, settings: ObjectiveSettings, count: Count) -> bool:
    """Tell whether a bucket alone shows that the symptom lasts."""
    if shape is Shape.VALUE:
        return is_over(shape, settings, count)
    least = _windows()["lasting"]
    ratio = max(Fraction(str(least["ratio"])), allowed_ratio(settings))
    return bool(count.bad >= least["bad"]) and Fraction(count.bad) > ratio * Fraction(count.total)


def longest_window() -> timedelta:
    """Return the longest window of any rule: counts are needed so far back to judge a bucket."""
    return max(_duration(window["long"]) for window in _windows()["burn"])


def _limit(window: dict[str, Any], settings: ObjectiveSettings) -> Rule:
    within, ratio = _duration(window["within"]), max(Fraction(str(window["ratio"])), allowed_ratio(settings))
    text = f"at least {_percent(ratio)} within {_text(within)}"
    return Rule(text, within, BUCKET, ratio, True, settings.min_bad, 0)


def _own_limit(shape: Shape, limit: Limit) -> Rule:
    text = f"at least {limit.bad:g} within {_text(limit.within)}"
    ratio = Fraction(str(limit.ratio)) if shape is Shape.RATIO else Fraction(0)
    if ratio:
        text = f"at least {limit.bad:g} and {_percent(ratio)} within {_text(limit.within)}"
    return Rule(text, limit.within, BUCKET, ratio, True, limit.bad, 0)


def _burn(window: dict[str, Any], settings: ObjectiveSettings) -> Rule:
    long, short = _duration(window["long"]), _duration(window["short"])
    text = f"burn {window['factor']:g} over {_text(long)} and {_text(short)}"
    ratio = Fraction(str(window["factor"])) * allowed_ratio(settings)
    return Rule(text, long, short, ratio, False, settings.min_bad, settings.min_events)


@cache
def _windows() -> dict[str, Any]:
    windows: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return windows


def _duration(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]][0]: int(text[:-1])})


def _text(duration: timedelta) -> str:
    minutes = int(duration.total_seconds()) // 60
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0 and minutes >= size:
            return f"{minutes // size} {_UNITS[unit][1]}"
    return f"{minutes} min"


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):g} %"
