"""Write values as the query API puts them on the wire."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

WireValue = str | int | float | bool | None
Writer = Callable[[object], WireValue]


def write_datetime(value: object) -> WireValue:
    """Write a time as ISO 8601 in UTC with a Z, with fractions only where there are any."""
    if not isinstance(value, datetime):
        return None if value is None else f"{value}T00:00:00Z"
    plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return plain.isoformat() + "Z"


def write_real(value: object) -> WireValue:
    """Write a number; JSON has no NaN and no infinities, so Kusto writes them as text."""
    if value is None:
        return None
    number = float(str(value))
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def write_string(value: object) -> WireValue:
    """Write text; a string of KQL is never null."""
    return "" if value is None else str(value)


def write_dynamic(value: object) -> WireValue:
    """Write JSON as the text that the query API sends."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=_leaf, ensure_ascii=False, separators=(",", ":"))


def write_timespan(value: object) -> WireValue:
    """Write a duration as .NET does: `-1.02:03:04.0050000`."""
    if not isinstance(value, timedelta):
        return None if value is None else str(value)
    rest = abs(value)
    minutes, seconds = divmod(rest.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < timedelta(0) else ""
    days = f"{rest.days}." if rest.days else ""
    fraction = f".{rest.microseconds:06d}0" if rest.microseconds else ""
    return f"{sign}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def _text(value: object) -> WireValue:
    return None if value is None else str(value)


def _as_it_is(value: object) -> WireValue:
    assert value is None or isinstance(value, (int, bool))
    return value


def _leaf(value: object) -> WireValue:
    if isinstance(value, datetime):
        return write_datetime(value)
    return write_timespan(value) if isinstance(value, timedelta) else str(value)


WRITERS: dict[str, Writer] = {
    "string": write_string,
    "int": _as_it_is,
    "long": _as_it_is,
    "bool": _as_it_is,
    "real": write_real,
    "datetime": write_datetime,
    "dynamic": write_dynamic,
    "timespan": write_timespan,
    "decimal": _text,
    "guid": _text,
}
