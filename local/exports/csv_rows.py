"""Read the rows of a CSV file as the portal, Excel and PowerShell write it."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from functools import cache

from local.exports.cells import Lines
from shared.errors import InputError
from shared.queries.schema import tables

_ZONED = re.compile(r"(?P<column>.*?)\s*\[(?P<zone>[^\]]+)\]")
_PREAMBLE = re.compile(r"(?:#TYPE .*|sep=(?P<delimiter>.))\r?\n", re.IGNORECASE)

csv.field_size_limit(sys.maxsize)  # a stack trace may be longer than the module's own limit


def read_csv(text: str, file: str) -> Lines:
    """Yield the rows of a CSV text; an empty cell is null.

    Raises:
        InputError: a header in local time, a row with other cells than the header, or broken quotes.
    """
    preamble = _PREAMBLE.match(text)
    skipped = preamble.end() if preamble else 0
    delimiter = (preamble and preamble["delimiter"]) or _delimiter(text[skipped:])
    records = _records(io.StringIO(text[skipped:], newline=""), delimiter, file, 1 if preamble else 0)
    line, header = next(records, (1, []))
    names = [_column(name, f"{file}:{line}") for name in header]
    for at, record in records:
        cells = record if len(record) == len(names) else _fitted(record, names, f"{file}:{at}")
        yield at, dict(zip(names, [cell or None for cell in cells], strict=True))


def _records(source: io.StringIO, delimiter: str, file: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    line = skipped + 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{file}:{line}", str(error), "a CSV row with balanced quotes") from error
        if record is None:
            return
        if record:
            yield line, record
        line = skipped + reader.line_num + 1


def _delimiter(text: str) -> str:
    """Excel saves with the semicolon or the tab of its language and format."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _column(header: str, where: str) -> str:
    name = header.strip()
    zoned = _ZONED.fullmatch(name)
    if zoned is None:
        return name
    if zoned["zone"].lower() == "utc":
        return zoned["column"]
    if zoned["zone"].lower() == "local time" or zoned["column"] in _time_columns():
        wrong = f"times in {zoned['zone']} cannot be told from UTC, because the file does not name the offset"
        raise InputError(f"{where}:{name}", wrong, "an export made with the portal's time zone set to UTC")
    return name


@cache
def _time_columns() -> frozenset[str]:
    return frozenset(
        name for columns in tables().values() for name, kind in columns.items() if kind == "datetime"
    )


def _fitted(cells: list[str], names: list[str], where: str) -> list[str]:
    if len(cells) > len(names) and not any(cells[len(names) :]):
        return cells[: len(names)]
    raise InputError(where, f"the row has {len(cells)} cells", f"{len(names)} cells, as the header has")
