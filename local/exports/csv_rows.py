"""Read the rows of a CSV file as the portal, Excel and PowerShell write it."""

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping

from local.exports.cells import Lines
from local.exports.headers import columns_of, time_columns
from local.exports.local_times import CURE, DateOrder, proven_order
from local.exports.unfit import UnfitError
from local.exports.values import Reader, readers_for
from shared.errors import InputError

_PREAMBLE = re.compile(r"(?:#TYPE .*|sep=(?P<delimiter>.))\r?\n", re.IGNORECASE)

csv.field_size_limit(sys.maxsize)  # a stack trace may be longer than the module's own limit


def read_csv(text: str, file: str) -> Lines:
    """Yield the rows of a CSV text; an empty cell is null.

    Raises:
        InputError: a header in local time, a row with other cells than the header, or broken quotes.
    """
    preamble = _PREAMBLE.match(text)
    skipped = preamble.end() if preamble else 0
    source = io.StringIO(text[skipped:], newline="")
    records = _records(source, delimiter_of(text), file, 1 if preamble else 0)
    line, header = next(records, (1, []))
    columns = columns_of(header, f"{file}:{line}")
    names = [column.name for column in columns]
    shifted = [(place, column.offset) for place, column in enumerate(columns) if column.offset]
    for at, record in records:
        cells = record if len(record) == len(names) else _fitted(record, names, f"{file}:{at}")
        for place, offset in shifted:
            cells[place] = cells[place] and f"{cells[place]} {offset}"
        yield at, dict(zip(names, [cell or None for cell in cells], strict=True))


def readers_of_csv(text: str, file: str, order: DateOrder | None) -> Mapping[str, Reader]:
    """Return the readers that fit a CSV text: its decimal mark, and the order of its dates unless `order` is given.

    Raises:
        InputError: its dates contradict each other.
    """
    return readers_for(order or _told_order(text, file), decimal_comma=delimiter_of(text) == ";")


def _told_order(text: str, file: str) -> DateOrder | None:
    try:
        return proven_order(_local_times(text, file))
    except UnfitError as error:
        raise InputError(
            file, "its dates have the day first in some rows and the month in others", CURE
        ) from error


def _local_times(text: str, file: str) -> Iterator[str]:
    """Yield the times of a file, none where they are ISO times."""
    for _, cells in read_csv(text, file):
        for name, cell in cells.items():
            if cell and name.strip().lower() in time_columns():
                if str(cell)[4:5] == "-":
                    return
                yield str(cell)


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


def delimiter_of(text: str) -> str:
    """Return the delimiter; Excel saves with the semicolon or the tab of its language and format."""
    preamble = _PREAMBLE.match(text)
    if preamble and preamble["delimiter"]:
        return preamble["delimiter"]
    header = text[preamble.end() if preamble else 0 :].partition("\n")[0]
    return max(",;\t", key=header.count)


def _fitted(cells: list[str], names: list[str], where: str) -> list[str]:
    if len(cells) > len(names) and not any(cells[len(names) :]):
        return cells[: len(names)]
    raise InputError(where, f"the row has {len(cells)} cells", f"{len(names)} cells, as the header has")
