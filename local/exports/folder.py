"""Read the table files of an exported folder into typed rows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath

from local.exports.cells import Cells, Lines
from local.exports.csv_rows import read_csv, readers_of_csv
from local.exports.json_rows import is_partial, read_json
from local.exports.local_times import DateOrder
from local.exports.names import category_of, table_in, table_of
from local.exports.records import is_record, row_of_record, single_records, table_of_record
from local.exports.rows import RowReader
from local.exports.sources import FETCH_RECORD, FORMATS, METRICS, Source, Unread, find_sources
from local.exports.text import decoded, read_text
from local.exports.values import Reader, readers_for
from shared.errors import InputError

_EXPECTED = (
    "files such as WebPubSubConnectivity.csv, .ndjson or .json (also as .gz or .zip), "
    "files whose rows name their table in Type, or blobs of a diagnostic setting (insights-logs-*)"
)
_RECORDS, _OPENING = '"records"', 1000  # a list of records opens with its name
_NAMED_AT_MOST = 5  # files in a complaint
_JSON_FORMATS = FORMATS - {".csv", ".tsv"}


@dataclass(slots=True)
class Export:
    """The typed rows of every known table that was exported, and what was left out."""

    tables: dict[str, list[Cells]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def warn(self, warning: str) -> None:
        """Keep a warning, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def leave_out(self, file: str, why: str) -> None:
        """Keep what was not read, once."""
        if Unread(file, why) not in self.unread:
            self.unread.append(Unread(file, why))


def read_folder(folder: Path, order: DateOrder | None = None) -> Export:
    """Read the table files of a folder, of its `tables/` folder, and the blobs below it.

    `order` is that of day and month, for times that do not tell it themselves.

    Raises:
        InputError: there is neither a table nor a `metrics.ndjson`, or one of several files of a table holds what is not
            a row of it: what the others hold of that table would look like all of it.
    """
    if not folder.exists():
        raise InputError(str(folder), "there is no such folder", _EXPECTED)
    export = Export()
    # Somebody may name the folder inside of a container.
    outer = category_of(PurePosixPath(folder.resolve().as_posix()) / "PT1H.json")
    broken: list[_BrokenFile] = []
    for source in find_sources(folder, export.unread):
        try:
            _FileReader(source, export, order, category_of(source.path) or outer).read()
        except _BrokenFile as error:
            broken.append(error)
    for file in broken:
        if not export.tables or file.tables & export.tables.keys():
            raise file.why
        export.leave_out(file.file, str(file.why))
    _tell_fetch(folder, export)
    if not export.tables and not (folder / METRICS).is_file():
        raise InputError(str(folder), f"there is no table file{_listed(export.unread)}", _EXPECTED)
    return export


def _tell_fetch(folder: Path, export: Export) -> None:
    """Name the tables that `fetch` could not bring, or not whole."""
    path = folder / FETCH_RECORD
    if not path.is_file():
        return
    try:
        record = json.loads(read_text(path, path.name))
        failed, fetched = dict(record["failed"]), dict(record["tables"])
        parts = [name for name, table in fetched.items() if not table["complete"]]
    except (ValueError, KeyError, TypeError):
        export.leave_out(FETCH_RECORD, "it is not what `fetch` writes")
        return
    for name, why in failed.items():
        export.leave_out(str(name), f"it could not be fetched: {why}")
    for name in parts:
        export.leave_out(f"{name}.ndjson", "only a part of its rows could be fetched")


def _listed(unread: list[Unread]) -> str:
    if not unread:
        return ""
    named = "; ".join(f"{file} ({why})" for file, why in unread[:_NAMED_AT_MOST])
    more = len(unread) - _NAMED_AT_MOST
    return f" that can be read: {named}{f' and {more} more' if more > 0 else ''}"


class _BrokenFile(Exception):  # noqa: N818  it is never shown
    """A file of known tables that holds what is not a row of them."""

    def __init__(self, file: str, tables: frozenset[str], why: InputError) -> None:
        super().__init__(file)
        self.file, self.tables, self.why = file, tables, why


class _FileReader:
    """Reads one file into an export, whole or not at all."""

    def __init__(self, source: Source, export: Export, order: DateOrder | None, category: str | None) -> None:
        self._source = source
        self._name = source.name
        self._path = source.path
        self._export = export
        self._order = order
        self._category = category
        self._readers: dict[str, Callable[[int, Cells], Cells]] = {}
        self._cell_readers: Mapping[str, Reader] = readers_for(order)
        self._rows: dict[str, list[Cells]] = {}

    def read(self) -> None:
        """Add the rows to their tables; a file that names no table and holds none is left out.

        Raises:
            _BrokenFile: it holds what is not a row of its table.
        """
        try:
            self._add(self._lines())
        except InputError as error:
            named = table_in(self._path.stem) or table_of_record({}, self._category)
            tables = frozenset([*self._readers, *([named] if named else [])])
            if tables or self._source.is_named_by_a_table:
                raise _BrokenFile(self._name, tables, error) from error
            self._export.leave_out(self._name, str(error))
        for name, rows in self._rows.items():
            self._export.tables.setdefault(name, []).extend(rows)

    def _lines(self) -> Lines:
        text = decoded(self._source.read(), self._name)
        if self._path.suffix.lower() in _JSON_FORMATS:
            if is_partial(text):
                cut = "is a partial result: Azure cut it off at its limits, so events are missing"
                self._export.warn(f"{self._name} {cut}")
            lines = read_json(text, self._name, on_cut=self._tell_cut)
            return single_records(lines) if _RECORDS in text[:_OPENING] else lines
        self._cell_readers = readers_of_csv(text, self._name, self._order)
        return read_csv(text, self._name)

    def _tell_cut(self, line: int) -> None:
        self._export.leave_out(f"{self._name}:{line}", "the last line is cut off")

    def _add(self, lines: Lines) -> None:
        first = next(lines, None)
        if first is None:
            self._add_nothing()
            return
        lines = chain([first], lines)
        table = table_of(self._path.stem)
        if table is None or is_record(first[1]):
            self._add_mixed(lines)
        else:
            read = self._reader(table)
            self._rows.setdefault(table, []).extend(read(line, cells) for line, cells in lines)

    def _add_nothing(self) -> None:
        table = table_in(self._path.stem) or table_of_record({}, self._category)
        if table is None:
            self._export.leave_out(
                self._name, f"table {self._path.stem!r} is not known, and there are no rows"
            )
        else:
            self._rows.setdefault(table, [])

    def _add_mixed(self, lines: Lines) -> None:
        """Read a file whose rows say, each for itself, which table they belong to."""
        for line, cells in lines:
            table, row = self._told(cells)
            if table is not None:
                self._rows.setdefault(table, []).append(self._reader(table)(line, row))

    def _told(self, cells: Cells) -> tuple[str | None, Cells]:
        if is_record(cells):
            table = table_of_record(cells, self._category or table_in(self._path.stem))
            if table is None:
                self._leave_category_out(cells)
                return None, cells
            return table, row_of_record(table, cells)
        named = str(
            cells.get("Type") or table_in(self._path.stem) or table_of_record({}, self._category) or ""
        )
        table = table_of(named)
        if table is None:
            wrong = f"table {named or self._path.stem!r} is not known"
            why = wrong if named else f"{wrong}, and no column Type names another"
            self._export.leave_out(self._name, f"{why}; its rows are ignored")
        return table, cells

    def _leave_category_out(self, record: Cells) -> None:
        category = record.get("category") or record.get("Category") or self._category or "none"
        self._export.leave_out(
            self._name, f"category {str(category)!r} is not known; its records are ignored"
        )

    def _reader(self, table: str) -> Callable[[int, Cells], Cells]:
        if table not in self._readers:
            self._readers[table] = RowReader(table, self._name, self._cell_readers).read
        return self._readers[table]
