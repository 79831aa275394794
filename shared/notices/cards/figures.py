"""Choose the few numbers of a check that a person needs, and write them with names and units."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from shared.incidents.report.durations import in_words
from shared.incidents.wording import number
from shared.playbooks.diagnosis import Number

# They weigh the evidence, and its strength shows them already; the report has them.
_STATISTICS = {"Z", "ChanceShare", "Significance", "Texts", "SignatureTexts"}
_EXPLAINED = ("Hits", "Bad", "Total")
_TITLES = {
    "AtFirst": "At the first beat",
    "Burst": "Closed at once",
    "Closes": "Closed just before",
    "Gap": "Apart in time",
    "GapHit": "Longest pause",
    "HandlerStatus": "Handler answers",
    "Interval": "Ping interval",
    "LastChange": "Last change",
    "LifeControl": "Life without it",
    "LifeSeconds": "Common lifetime",
    "LifeWith": "Life with it",
    "MedianHit": "Typical life",
    "OpenThen": "Open before",
    "Operation": "Change",
    "P95": "95 % take at most",
    "Peak": "Worst 5 minutes",
    "PeakPercent": "Worst 5 minutes",
    "Seconds": "Within",
    "Silent": "Refused without a reason",
    "QuotaUtilization": "Quota in use",
    "Timeout": "Ping timeout",
    "Timer": "Timer",
    "Tracking": "Tracking id",
    "ToldHits": "Refused with this reason",
    "UpstreamStatus": "Upstream answers",
    "Usual": "Usually",
}
_SECONDS = re.compile(r"Seconds$|^(?:Interval|Timeout|MedianHit|Timer|GapHit|LifeWith|LifeControl)$")
_MINUTES = re.compile(r"Minutes$|^Gap$")
_PERCENT = re.compile(r"Percent$|Utilization$")
_SHARE = re.compile(r"^(?:Peak|Share[A-Z]\w*)$|(?:Share|Ratio)$")


def figures(numbers: Mapping[str, Number], most: int) -> list[tuple[str, str]]:
    """Return so many numbers of a check in the order of its columns, how much it explains standing first."""
    facts = _explained(numbers)
    facts += [
        (_title(name), _value_text(name, value))
        for name, value in numbers.items()
        if name not in _STATISTICS and name not in _EXPLAINED and _says_something(value)
    ]
    return facts[:most]


def _explained(numbers: Mapping[str, Number]) -> list[tuple[str, str]]:
    hits, bad, total = (_count(numbers.get(name)) for name in _EXPLAINED)
    if hits is not None and bad and hits <= bad:
        of_all = f", {number(total)} in all" if total else ""
        return [("Explains", f"{number(hits)} of {number(bad)} bad events ({hits / bad:.1%}){of_all}")]
    if bad is not None and total and bad <= total:
        return [("Bad events", f"{number(bad)} of {number(total)} ({bad / total:.1%})")]
    return []


def _count(value: Number) -> float | None:
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_count and isinstance(value, int | float) and value >= 0 else None


def _says_something(value: Number) -> bool:
    return bool(value) and (not isinstance(value, float) or math.isfinite(value))


def _title(name: str) -> str:
    return _TITLES.get(name) or _spaced(re.sub(r"(?<=[a-z])(?:Percent|Seconds|Minutes)$", "", name))


def _spaced(name: str) -> str:
    """Write a column's name as words: `FailedConnects` is `Failed connects`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).split(" ")
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def _value_text(name: str, value: Number) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return number(value)
    if _PERCENT.search(name):
        return f"{number(value)} %"
    if _SHARE.search(name) and 0 <= value <= 1:
        return f"{value:.1%}"
    if name == "P95":
        return f"{number(round(value / 1000, 3))} s"
    if _SECONDS.search(name):
        return _duration(value, "s", 120)
    return _duration(value * 60, "min", 7_200) if _MINUTES.search(name) else number(value)


def _duration(seconds: float, unit: str, most: float) -> str:
    """Write a length of time, up to `most` seconds in one unit with its fraction."""
    if not 0 <= seconds <= 10**9:
        return f"{number(seconds)} s"
    if seconds < most:
        return f"{number(seconds / (60 if unit == 'min' else 1))} {unit}"
    return in_words(timedelta(seconds=seconds))
