"""Read the headers of a CSV file: the column's name, and the time zone behind it."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from shared.errors import InputError
from shared.queries.schema import tables

TIME = "TimeGenerated"

_ZONED = re.compile(
    r"(?P<column>.*?)\s*[\[(\u3010\uff08\uff3b](?P<zone>[^\])\u3011\uff09\uff3d]+)[\])\u3011\uff09\uff3d]"
)
_OFFSET = re.compile(r"(?:utc|gmt)\s*(?P<sign>[+\u2212-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")
_UTC_WORD = re.compile(
    r"\b(?:utc|gmt|z|tuc)\b|世界|세계시|всемирное|univers|weltzeit|wereldtijd|uniwersalny|světový|evrensel"
)


class Header(NamedTuple):
    """One header: the column, and what is to be added to its times because the header names an offset."""

    name: str
    offset: str = ""


def columns_of(header: Sequence[str], where: str) -> list[Header]:
    """Read a row of headers; a time whose name was translated is `TimeGenerated` where nothing else is.

    Raises:
        InputError: a header in local time.
    """
    zoned = [_ZONED.fullmatch(name.strip()) for name in header]
    columns = [_column(name.strip(), match, where) for name, match in zip(header, zoned, strict=True)]
    names = {column.name.lower() for column in columns}
    if TIME.lower() not in names:
        strange = [place for place, match in enumerate(zoned) if match and _is_strange_time(match)]
        stand_ins = strange or [
            place for place, column in enumerate(columns) if column.name.lower() == "time"
        ]
        if len(stand_ins) == 1:
            columns[stand_ins[0]] = columns[stand_ins[0]]._replace(name=TIME)
    return columns


@cache
def time_columns() -> frozenset[str]:
    """Return the names of all columns of times, in small letters."""
    return frozenset(
        name.lower() for columns in tables().values() for name, kind in columns.items() if kind == "datetime"
    )


def _column(name: str, zoned: re.Match[str] | None, where: str) -> Header:
    if zoned is None:
        return Header(name)
    zone = zoned["zone"].strip().lower()
    offset = _OFFSET.search(zone)
    if offset:
        sign = "+" if offset["sign"] == "+" else "-"
        return Header(zoned["column"], f"{sign}{int(offset['hours']):02}:{offset['minutes'] or '00'}")
    if _UTC_WORD.search(zone):
        return Header(zoned["column"])
    if zone == "local time" or zoned["column"].lower() in time_columns():
        wrong = f"times in {zoned['zone']} cannot be told from UTC, because the file does not name the offset"
        raise InputError(f"{where}:{name}", wrong, "an export made with the portal's time zone set to UTC")
    return Header(name)


def _is_strange_time(zoned: re.Match[str]) -> bool:
    """Tell whether a header is a time by its zone, and no column that a table has."""
    return (
        _UTC_WORD.search(zoned["zone"].lower()) is not None and zoned["column"].lower() not in time_columns()
    )
