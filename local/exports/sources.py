"""Find the files of an export, inside of archives too, and say which of them look like data and are not read."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from local.exports.names import container_of, table_in, table_of
from local.exports.text import read_bytes
from shared.errors import InputError

FORMATS = frozenset([".csv", ".tsv", ".ndjson", ".jsonl", ".json"])
METRICS = "metrics.ndjson"
FETCH_RECORD = "fetch.json"

_SPREADSHEET_TEXT = ".txt"  # "Unicode text", as Excel saves it
_OTHER_DATA = frozenset(
    [
        ".xlsx",
        ".xls",
        ".ods",
        ".parquet",
        ".avro",
        ".log",
        ".tar",
        ".tgz",
        ".bz2",
        ".xz",
        ".zst",
        ".7z",
        ".rar",
    ]
)
# What cases and our own commands write beside the tables.
_OTHER_FILES = frozenset(
    ["incident.json", METRICS, FETCH_RECORD, "diagnosis.json", "card.json", "expect.json", "evidence.json"]
)
_OTHER_FOLDERS = frozenset(["graph", "arm"])
_BLOB = re.compile(r"PT\d+[HM]\b.*", re.IGNORECASE)
_MOST_BYTES = 4 * 1024**3  # of one file out of an archive


class Unread(NamedTuple):
    """A file, or a part of one, that was not read, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file that may hold rows; `name` is its path below the folder, inside of an archive too."""

    name: str
    read: Callable[[], bytes]

    @property
    def path(self) -> PurePosixPath:
        """The name as a path."""
        return PurePosixPath(self.name)

    @property
    def is_named_by_a_table(self) -> bool:
        """Whether the name or the container says which table the file holds."""
        return bool(table_in(self.path.stem) or container_of(self.path))


def find_sources(folder: Path, unread: list[Unread]) -> list[Source]:
    """Return the files of a folder, or a file alone; what looks like data and is not read is added to `unread`."""
    if folder.is_file():
        return list(_opened(Source(folder.name, partial(read_bytes, folder, folder.name)), unread))
    if not folder.is_dir():
        return []
    files = list(_files_below(folder))
    has_inner = any(source.path.parts[0] == "tables" for source in files if len(source.path.parts) == 2)
    return [
        opened
        for source in files
        if _is_expected(source, unread, has_inner=has_inner)
        for opened in _opened(source, unread)
    ]


def _files_below(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not _is_hidden(PurePosixPath(name)):
            yield Source(name, partial(read_bytes, path, name))


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts)


def _is_expected(source: Source, unread: list[Unread], *, has_inner: bool) -> bool:
    """Tell whether a file stands where tables stand; a data file elsewhere is named as not read."""
    path = source.path
    if path.name.lower() in _OTHER_FILES or path.parts[0] in _OTHER_FOLDERS or not _is_data(path):
        return False
    is_outer, is_inner = len(path.parts) == 1, len(path.parts) == 2 and path.parts[0] == "tables"
    if is_inner or _is_nested(path) or (is_outer and (not has_inner or table_of(_bare_stem(path)))):
        return True
    why = (
        "its name names no table, and there is a folder tables/"
        if is_outer
        else "it stands in a folder of its own"
    )
    unread.append(Unread(source.name, f"{why}; name that folder or file with --logs"))
    return False


def _is_data(path: PurePosixPath) -> bool:
    suffix = path.suffix.lower()
    if suffix == _SPREADSHEET_TEXT:
        return table_in(path.stem) is not None
    return suffix in FORMATS or suffix in _OTHER_DATA or suffix in (".gz", ".zip")


def _is_nested(path: PurePosixPath) -> bool:
    """Tell a blob of a storage account, which lies many folders deep."""
    return _BLOB.fullmatch(path.name) is not None or container_of(path) is not None


def _bare_stem(path: PurePosixPath) -> str:
    return path.name.partition(".")[0]


def _opened(source: Source, unread: list[Unread]) -> Iterable[Source]:
    """Return a file, or the files inside of it."""
    suffix = source.path.suffix.lower()
    if suffix in FORMATS or (suffix == _SPREADSHEET_TEXT and source.is_named_by_a_table):
        return [source]
    if suffix not in (".gz", ".zip"):
        unread.append(
            Unread(
                source.name,
                f"{suffix or 'its form'} is not read; expected CSV, NDJSON or JSON, also as .gz or .zip",
            )
        )
        return []
    try:
        return _unzipped(source, unread) if suffix == ".zip" else _gunzipped(source, unread)
    except (
        OSError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        InputError,
    ) as error:
        unread.append(Unread(source.name, f"the archive cannot be opened: {error}"))
        return []


def _gunzipped(source: Source, unread: list[Unread]) -> list[Source]:
    with gzip.open(io.BytesIO(source.read())) as archive:
        data = _bounded(archive.read(_MOST_BYTES + 1))
    return list(_opened(_held(source.name[: -len(".gz")], data), unread))


def _unzipped(source: Source, unread: list[Unread]) -> list[Source]:
    sources: list[Source] = []
    with zipfile.ZipFile(io.BytesIO(source.read())) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename)
            if member.is_dir() or _is_hidden(path) or path.name.lower() in _OTHER_FILES or not _is_data(path):
                continue
            with archive.open(member) as file:
                data = _bounded(file.read(_MOST_BYTES + 1))
            sources += _opened(_held(f"{source.name}/{member.filename}", data), unread)
    return sources


def _held(name: str, data: bytes) -> Source:
    return Source(name, lambda: data)


def _bounded(data: bytes) -> bytes:
    if len(data) > _MOST_BYTES:
        raise InputError("archive", "it holds more than 4 GB", "smaller files")
    return data
