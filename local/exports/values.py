"""Turn one exported cell into a value of its column's Kusto type; the error of another cell says what was expected."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

Reader = Callable[[object], object]

_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
_REAL = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity)|nan", re.IGNORECASE
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?", re.IGNORECASE)
# The portal's English form; newer browsers put a narrow no-break space before AM and PM.
_PORTAL = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}),?\s+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?\s*(?P<half>AM|PM)"
)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}

A_TIME = "a time such as 2025-02-25T09:19:25.391Z or 2/25/2025, 9:19:25.391 AM"


class UnfitError(ValueError):
    """A cell that is not a value of its column's type; the message is what was expected."""


def as_string(cell: object) -> object:
    """Keep text; write numbers and truth as JSON does, and nested JSON as its text."""
    return cell if isinstance(cell, str) else _json_text(cell)


def as_bool(cell: object) -> object:
    """Read true and false, also as text and as 1 and 0."""
    if isinstance(cell, bool):
        return cell
    text = str(cell).strip().lower()
    if not text:
        return None
    if text not in _TRUTH:
        raise UnfitError("true or false")
    return _TRUTH[text]


def _integer(bits: int) -> Reader:
    bound = 1 << (bits - 1)

    def read(cell: object) -> object:
        number = _whole(cell)
        if number is not None and not -bound <= number < bound:
            raise UnfitError(f"a whole number of {bits} bits")
        return number

    return read


def _whole(cell: object) -> int | None:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str):
        text = cell.strip()
        if not text:
            return None
        if _INTEGER.fullmatch(text):
            return int(text.partition(".")[0])
    raise UnfitError("a whole number")


def as_real(cell: object) -> object:
    """Read a number, NaN and the infinities included."""
    if isinstance(cell, str):
        cell = cell.strip()
        if not cell:
            return None
        if _REAL.fullmatch(cell):
            return float(cell)
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        try:
            return float(cell)
        except OverflowError:
            pass
    raise UnfitError("a number")


def as_datetime(cell: object) -> object:
    """Read ISO 8601 or the portal's form as an aware UTC time; without a zone it is UTC."""
    if not isinstance(cell, str):
        raise UnfitError(A_TIME)
    text = cell.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.upper()) if _ISO.fullmatch(text) else _portal_time(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnfitError(A_TIME) from error


def _portal_time(text: str) -> datetime:
    match = _PORTAL.fullmatch(text)
    if match is None or not 1 <= int(match["hour"]) <= 12:
        raise UnfitError(A_TIME)
    return datetime(
        int(match["year"]),
        int(match["month"]),
        int(match["day"]),
        int(match["hour"]) % 12 + (12 if match["half"] == "PM" else 0),
        int(match["minute"]),
        int(match["second"] or 0),
        int((match["fraction"] or "0")[:6].ljust(6, "0")),
        UTC,
    )


def as_dynamic(cell: object) -> object:
    """Return JSON text; text that holds JSON is read once, any other text is a JSON string."""
    if isinstance(cell, str):
        if not cell.strip():
            return None
        try:
            cell = json.loads(cell, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return _json_text(cell)
    return None if cell is None else _json_text(cell)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _json_text(cell: object) -> str:
    try:
        return json.dumps(cell, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise UnfitError("JSON without NaN and without endless nesting") from error


def as_guid(cell: object) -> object:
    """Read a GUID in any of its spellings, as lower-case text."""
    text = str(cell).strip()
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError as error:
        raise UnfitError("a GUID") from error


READERS: Mapping[str, Reader] = {
    "string": as_string,
    "int": _integer(32),
    "long": _integer(64),
    "real": as_real,
    "bool": as_bool,
    "datetime": as_datetime,
    "dynamic": as_dynamic,
    "guid": as_guid,
}
