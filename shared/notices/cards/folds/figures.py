"""Choose the few numbers of a check that a person needs, and write them with names and units."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from shared.incidents.recent.words import percent
from shared.incidents.report.durations import in_words
from shared.incidents.wording import number
from shared.playbooks.diagnosis import Number
from shared.playbooks.playbook import Headline, NumberTitle, Unit

# What `judge` returns of every check; a page names the numbers that are its own.
_EXPLAINED = ("Hits", "Bad", "Total")
_OF_JUDGE = {"Peak": "Worst 5 minutes"}
_SECONDS = re.compile(r"Seconds$")
_MINUTES = re.compile(r"Minutes$")
_PERCENT = re.compile(r"Percent$|Utilization$")
_SHARE = re.compile(r"^(?:Peak|Share[A-Z]\w*)$|(?:Share|Ratio)$")


def figures(
    numbers: Mapping[str, Number], titles: Mapping[str, NumberTitle], headline: Headline, most: int
) -> list[tuple[str, str]]:
    """Return so many numbers of a check in the order of its columns, how much it explains standing first."""
    facts = _explained(numbers, headline)
    for name, value in numbers.items():
        title = titles.get(name) or NumberTitle(_title(name))
        if title.is_on_cards and name not in _EXPLAINED and _says_something(value):
            facts.append((title.text, _value_text(name, value, title.unit or _unit(name))))
    return facts[:most]


def _explained(numbers: Mapping[str, Number], headline: Headline) -> list[tuple[str, str]]:
    hits, bad, total = (_count(numbers.get(name)) for name in _EXPLAINED)
    if hits is not None and bad and hits <= bad:
        of_all = f", of {number(total)} in all" if total else ""
        what = f"{headline.bad} {headline.events}"
        return [("Fits", f"{number(hits)} of {number(bad)} {what} ({percent(hits / bad)}){of_all}")]
    if bad is not None and total and bad <= total:
        what = f"{headline.bad.capitalize()} {headline.events}"
        return [(what, f"{number(bad)} of {number(total)} ({percent(bad / total)})")]
    return []


def _count(value: Number) -> float | None:
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_count and isinstance(value, int | float) and value >= 0 else None


def _says_something(value: Number) -> bool:
    return bool(value) and (not isinstance(value, float) or math.isfinite(value))


def _title(name: str) -> str:
    bare = re.sub(r"(?<=[a-z])(?:Percent|Seconds|Minutes)$", "", name)
    return _OF_JUDGE.get(bare) or _spaced(bare)


def _unit(name: str) -> Unit:
    if _SECONDS.search(name):
        return Unit.SECONDS
    return Unit.MINUTES if _MINUTES.search(name) else Unit.NONE


def _spaced(name: str) -> str:
    """Write a column's name as words: `FailedConnects` is `Failed connects`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).split(" ")
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def _value_text(name: str, value: Number, unit: Unit) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return number(value)
    if _PERCENT.search(name):
        return f"{number(value)} %"
    if _SHARE.search(name) and 0 <= value <= 1:
        return percent(value)
    if unit is Unit.MILLISECONDS:
        return f"{number(round(value / 1000, 3))} s"
    if unit is Unit.SECONDS:
        return _duration(value, "s", 120)
    return _duration(value * 60, "min", 7_200) if unit is Unit.MINUTES else number(value)


def _duration(seconds: float, unit: str, most: float) -> str:
    """Write a length of time, up to `most` seconds in one unit with its fraction."""
    if not 0 <= seconds <= 10**9:
        return f"{number(seconds)} s"
    if seconds < most:
        return f"{number(seconds / (60 if unit == 'min' else 1))} {unit}"
    return in_words(timedelta(seconds=seconds))
