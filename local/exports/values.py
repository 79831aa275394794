"""Turn one exported cell into a value of its column's Kusto type; the error of another cell says what was expected."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from local.exports.local_times import A_TIME, DateOrder, local_time
from local.exports.unfit import UnfitError

Reader = Callable[[object], object]

_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
_REAL = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity)|nan", re.IGNORECASE
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?", re.IGNORECASE)
# Spreadsheets write truth in the language of their user.
_TRUTH = {
    **dict.fromkeys(("true", "1", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"), True),
    **dict.fromkeys(("false", "0", "falsch", "faux", "falso", "onwaar"), False),
}


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


def as_datetime(cell: object, order: DateOrder | None = None) -> object:
    """Read ISO 8601 or a local form as an aware UTC time; without a zone it is UTC."""
    text = str(cell).strip() if isinstance(cell, (str, int)) and not isinstance(cell, bool) else None
    if text is None:
        raise UnfitError(A_TIME)
    if not text:
        return None
    if _ISO.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text.upper())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return local_time(text, order)


def _as_local_real(cell: object) -> object:
    """Read a number whose decimal mark is a comma, as files with semicolons have it."""
    return as_real(cell.replace(",", ".") if isinstance(cell, str) and cell.count(",") == 1 else cell)


def readers_for(order: DateOrder | None = None, *, decimal_comma: bool = False) -> Mapping[str, Reader]:
    """Return the readers by Kusto type for a file whose dates have an order and whose numbers a decimal mark."""
    if order is None and not decimal_comma:
        return READERS
    real = _as_local_real if decimal_comma else as_real
    return {**READERS, "datetime": lambda cell: as_datetime(cell, order), "real": real}


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
