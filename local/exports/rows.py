"""Type the cells of one file as rows of one table, by the table's published columns."""

from collections.abc import Mapping

from local.exports.cells import Cells
from local.exports.unfit import UnfitError
from local.exports.values import READERS, Reader
from shared.errors import InputError
from shared.queries.schema import tables

INGESTION_TIME = "_IngestionTime"

_IGNORED: tuple[str, Reader, type] = ("", lambda cell: cell, object)


class RowReader:
    """Reads the rows of one table out of one file, which errors call `file`."""

    def __init__(self, table: str, file: str, readers: Mapping[str, Reader] = READERS) -> None:
        self._table = table
        self._file = file
        self._plan = _Plan({**tables()[table], INGESTION_TIME: "datetime"}, readers)

    def read(self, line: int, cells: Cells) -> Cells:
        """Return one row with typed values; unknown columns are left out.

        Raises:
            InputError: a cell that is not a value of its column's type.
        """
        row: Cells = {}
        header, cell = "", None
        try:
            for header, cell in cells.items():
                column, read, as_it_is = self._plan[header]
                if column:
                    row[column] = cell if cell is None or type(cell) is as_it_is else read(cell)
        except UnfitError as error:
            column = self._plan[header][0]
            excerpt = str(cell) if len(str(cell)) <= 40 else f"{str(cell)[:40]}..."
            raise InputError(
                f"{self._file}:{line}:{column}", f"{excerpt!r} does not fit", str(error)
            ) from error
        return row


class _Plan(dict[str, tuple[str, Reader, type]]):
    """What to do with each header, worked out when it is first met."""

    def __init__(self, columns: dict[str, str], readers: Mapping[str, Reader]) -> None:
        super().__init__()
        self._readers = readers
        self._columns = columns
        self._folded = {name.lower(): name for name in columns}

    def __missing__(self, header: str) -> tuple[str, Reader, type]:
        column = header if header in self._columns else self._folded.get(header.strip().lower(), "")
        kind = self._columns.get(column, "")
        as_it_is = {"string": str, "real": float}.get(kind, object)
        self[header] = (column, self._readers[kind], as_it_is) if column else _IGNORED
        return self[header]
