"""Yield the times at which a timer fires, by its NCRONTAB expression or the time between two calls.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from shared.errors import InputError
from shared.health.schedules import period_of

# What NCRONTAB knows of a day and a day of the week; cron's L, W, # and the Sunday named 7 are not of it.
_DAY = re.compile(r"[\d*,/-]+")
_NO_WEEKDAY = re.compile(r"[L#]|(?<![/\d])7", re.IGNORECASE)
_WANTED = "six fields: second, minute, hour, day, month and day of week, such as `0 */5 * * * *`"
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND_ZERO = "0"  # where the field of the seconds is left out


class Schedule:
    """The moments at which a timer fires, in UTC as on Azure without WEBSITE_TIME_ZONE."""

    def __init__(self, expression: str, where: str = "schedule") -> None:
        """Read an expression.

        Raises:
            InputError: it is not an NCRONTAB expression of six or five fields, nor a time such as 00:05:00.
        """
        self._period = period_of(expression)
        if self._period:
            return
        fields = expression.split()
        if len(fields) == 5:
            fields = [_SECOND_ZERO, *fields]
        if len(fields) != 6 or not _DAY.fullmatch(fields[3]) or _NO_WEEKDAY.search(fields[5]):
            raise InputError(where, f"{expression!r} is not a valid NCRONTAB expression", _WANTED)
        # Where day and day of week are both limited, NCRONTAB wants both, cron either: ask for the days, and
        # compare the day of the week ourselves.
        self._expression = " ".join([*fields[:5], "*"])
        try:
            self._weekdays: set[int] = {
                int(str(day)) for day in CronSim(f"0 0 0 * * {fields[5]}", _FIRST).weekdays
            }
            CronSim(self._expression, _FIRST)
        except CronSimError as error:
            raise InputError(
                where, f"{expression!r} is not a valid NCRONTAB expression: {error}", _WANTED
            ) from error

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the moments after another one, in order."""
        if self._period:
            yield from _steps(moment.astimezone(UTC), self._period)
            return
        for occurrence in CronSim(self._expression, moment.astimezone(UTC)):
            if occurrence.isoweekday() % 7 in self._weekdays:
                yield occurrence


def _steps(moment: datetime, period: timedelta) -> Iterator[datetime]:
    """Yield the steps of a period, which Azure counts from the start of the host, and we from midnight of one day."""
    step = _FIRST + (moment - _FIRST) // period * period
    while True:
        step += period
        yield step
