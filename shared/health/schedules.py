"""Check that the Functions host will accept a timer's schedule; with one that it refuses the timer never fires.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from shared.errors import InputError
from shared.health.readiness import Probe

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Each field's name, least and greatest number, and the names that stand for numbers from the least on.
_FIELDS = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_WANTED = "six fields: second, minute, hour, day, month and day of week, such as `0 */5 * * * *`"
# Of .NET: days, or hours and minutes with days before and seconds after them.
_DAYS_ALONE = re.compile(r"\d{1,7}", re.ASCII)
_PERIOD = re.compile(r"(?:(\d{1,7})\.)?(\d{1,7}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?", re.ASCII)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")


def schedule_probe(setting: str, expression: str) -> Probe:
    """Return what must hold so that the timer of a setting fires."""
    return Probe(f"settings: {setting}", partial(check_schedule, setting, expression))


def check_schedule(setting: str, expression: str) -> None:
    """Check an NCRONTAB expression, whose seconds may be left out, or the time between two calls.

    Raises:
        InputError: it is not a schedule; the error names the setting and the field.
    """
    if not expression:
        raise InputError(f"setting {setting}", "it is missing", _WANTED)
    if period_of(expression):
        return
    fields = expression.split()
    if len(fields) not in {len(_FIELDS) - 1, len(_FIELDS)}:
        wrong = f"{expression!r} has {len(fields)} field{'' if len(fields) == 1 else 's'}"
        raise InputError(f"setting {setting}", wrong, _WANTED)
    for field, (name, least, most, words) in zip(fields, _FIELDS[-len(fields) :], strict=True):
        if not all(_is_part(part, least, most, words) for part in field.split(",")):
            raise InputError(
                f"setting {setting}",
                f"the {name} of {expression!r} is {field!r}",
                f"*, a number from {least} to {most}, a range, a list, or one of them with a step such as */5",
            )


def period_of(text: str) -> timedelta | None:
    """Return the time that .NET reads in a text, or None where it is none or negative.

    https://learn.microsoft.com/dotnet/api/system.timespan.parse
    """
    if _DAYS_ALONE.fullmatch(text):
        return timedelta(days=int(text))
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(number or 0) for number in match.group(1, 2, 3, 4))
    if hours > 23 and match[1] is None and match[4] and not match[5]:  # 25:00:00 is 25 days
        days, hours, minutes, seconds = hours, minutes, seconds, 0
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return timedelta(days, seconds + float(match[5] or 0), minutes=minutes, hours=hours)


def _is_part(part: str, least: int, most: int, words: Sequence[str]) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match[3] is not None and int(match[3]) == 0):
        return False
    ends = [_number(number, least, words) for number in match.group(1, 2) if number is not None]
    return all(end is not None and least <= end <= most for end in ends)


def _number(text: str, least: int, words: Sequence[str]) -> int | None:
    if text.upper() in words:
        return least + words.index(text.upper())
    return int(text) if text.isascii() and text.isdigit() else None
