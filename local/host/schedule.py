"""Yield the times at which a timer fires, by its NCRONTAB expression of six fields.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from shared.errors import InputError

# What NCRONTAB knows of a day and a day of the week; cron's L, W, # and the Sunday named 7 are not of it.
_DAY = re.compile(r"[\d*,/-]+")
_NO_WEEKDAY = re.compile(r"[L#]|(?<![/\d])7", re.IGNORECASE)
_WANTED = "six fields: second, minute, hour, day, month and day of week, such as `0 */5 * * * *`"


class Schedule:
    """The moments at which a timer fires, in UTC as on Azure without WEBSITE_TIME_ZONE."""

    def __init__(self, expression: str, where: str = "schedule") -> None:
        """Read an expression.

        Raises:
            InputError: it is not an NCRONTAB expression of six fields.
        """
        fields = expression.split()
        if len(fields) != 6 or not _DAY.fullmatch(fields[3]) or _NO_WEEKDAY.search(fields[5]):
            raise InputError(where, f"{expression!r} is not a valid NCRONTAB expression", _WANTED)
        # Where day and day of week are both limited, NCRONTAB wants both, cron either: ask for the days, and
        # compare the day of the week ourselves.
        self._expression = " ".join([*fields[:5], "*"])
        try:
            start = datetime(2000, 1, 1, tzinfo=UTC)
            self._weekdays: set[int] = {
                int(str(day)) for day in CronSim(f"0 0 0 * * {fields[5]}", start).weekdays
            }
            CronSim(self._expression, start)
        except CronSimError as error:
            raise InputError(
                where, f"{expression!r} is not a valid NCRONTAB expression: {error}", _WANTED
            ) from error

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the moments after another one, in order."""
        for occurrence in CronSim(self._expression, moment.astimezone(UTC)):
            if occurrence.isoweekday() % 7 in self._weekdays:
                yield occurrence
