"""Find the table files of an exported folder and read them into typed rows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from local.exports.cells import Cells, Lines
from local.exports.csv_rows import read_csv
from local.exports.json_rows import is_partial, read_json
from local.exports.rows import RowReader
from local.exports.text import read_text
from shared.errors import InputError
from shared.queries.schema import tables

_FORMATS = {".csv", ".ndjson", ".jsonl", ".json"}
_METRICS = "metrics.ndjson"
_OTHER_FILES = {"incident.json", _METRICS}
_NOT_A_WORD = re.compile(r"[^a-z0-9_]|_(?=part|\d)")


@dataclass(slots=True)
class Export:
    """The typed rows of every known table that was exported, and what was left out."""

    tables: dict[str, list[Cells]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def warn(self, warning: str) -> None:
        """Keep a warning, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)


def read_folder(folder: Path) -> Export:
    """Read the table files of a folder or of its `tables/` folder.

    Raises:
        InputError: there is neither a table file nor a `metrics.ndjson`, or a file holds what is not a row of its table.
    """
    files = list(_table_files(folder))
    if not files and not (folder / _METRICS).is_file():
        wrong = "there is no table file" if folder.exists() else "there is no such folder"
        raise InputError(str(folder), wrong, "files such as WebPubSubConnectivity.csv, .ndjson or .json")
    export = Export()
    for path, name in files:
        _read_file(path, name, export)
    return export


def _table_files(folder: Path) -> Iterable[tuple[Path, str]]:
    if folder.is_file():
        return [(folder, folder.name)]
    inner = [(path, f"tables/{path.name}") for path in _files(folder / "tables")]
    outer = [(path, path.name) for path in _files(folder) if not inner or _table_of(path.stem)]
    return outer + inner


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _may_hold_a_table(path))


def _may_hold_a_table(path: Path) -> bool:
    hidden = path.name.startswith((".", "~$"))
    named_otherwise = path.name.lower() in _OTHER_FILES
    return path.suffix.lower() in _FORMATS and not hidden and not named_otherwise and path.is_file()


def _read_file(path: Path, name: str, export: Export) -> None:
    text = read_text(path, name)
    if is_partial(text):
        export.warn(f"{name} is a partial result: Azure cut it off at its limits, so events are missing")
    lines = read_csv(text, name) if path.suffix.lower() == ".csv" else read_json(text, name)
    table = _table_of(path.stem)
    if table is None:
        _read_mixed(lines, path, name, export)
    else:
        read = RowReader(table, name).read
        export.tables.setdefault(table, []).extend(read(line, cells) for line, cells in lines)


def _read_mixed(lines: Lines, path: Path, name: str, export: Export) -> None:
    """Read a file whose rows say in `Type` which table they belong to."""
    readers: dict[str, RowReader] = {}
    empty = True
    for line, cells in lines:
        empty = False
        table_name = str(cells.get("Type") or _table_of_part(path.stem) or path.stem)
        table = _table_of(table_name)
        if table is None:
            export.warn(f"table {table_name!r} is not known; its rows in {name} are ignored")
            continue
        if table not in readers:
            readers[table] = RowReader(table, name)
        export.tables.setdefault(table, []).append(readers[table].read(line, cells))
    if empty:
        _read_nothing(path, name, export)


def _read_nothing(path: Path, name: str, export: Export) -> None:
    table = _table_of_part(path.stem)
    if table is None:
        export.warn(f"table {path.stem!r} is not known; {name} has no rows and is ignored")
    else:
        export.tables.setdefault(table, [])


def _table_of(name: str) -> str | None:
    return _known().get(name.strip().lower())


def _table_of_part(stem: str) -> str | None:
    """Name the table of one part of a large export, such as `AppTraces (1)` or `AppTraces-2`."""
    cut = _NOT_A_WORD.search(stem.lower())
    return _table_of(stem[: cut.start()]) if cut else None


@cache
def _known() -> dict[str, str]:
    return {name.lower(): name for name in tables()}
