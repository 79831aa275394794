"""Translate each KQL text to SQL once, for every window, resource and set of missing tables.

The texts of one check differ only in the constants and the empty stand-ins at their top. Those become parameters and
empty views, so that what is left can be kept on disk: translating it takes longer than running it.
"""

import hashlib
import json
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

import duckdb
from duckdb_kql import to_sql

from local.machine.places import cache_folder
from local.workspace.database import INGESTION_TIME, columns_of
from local.workspace.second_table import written_out
from local.workspace.typed_sql.known_types import with_known_types
from shared.queries.schema import empty_table, tables

_CONSTANT = re.compile(r"let (?P<name>\w+) = (?:datetime\((?P<moment>[^()]+)\)|dynamic\((?P<list>\[.*\])\));")
_STAND_IN = re.compile(r"let (?P<name>\w+) = datatable\(.*\)\[\];")
_SHORT, _PLAIN = ".short.sql", ".sql"
_TYPED_SQL = Path(__file__).with_name("typed_sql")
# Text literals and comments are matched first, so that what stands in them is left alone.
_INGESTION_CALL = re.compile(
    r"```.*?```|@'(?:[^']|'')*'|@\"(?:[^\"]|\"\")*\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*"
    r"|(?P<call>\bingestion_time\s*\(\s*\))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Translation:
    """A statement with the values of its parameters, and the tables that must exist as empty views for it."""

    statement: duckdb.Statement
    values: dict[str, object]
    empty: tuple[str, ...]


def translate(query: str, existing: frozenset[str]) -> Translation:
    """Translate a query to SQL.

    Raises:
        KqlError: it is not KQL, or KQL that the translator does not know.
    """
    text, constants, empty = taken_apart(query, existing)
    statement = _statement(text)
    return Translation(statement, used_values(statement, slots_of(constants)), tuple(empty))


def slots_of(constants: dict[str, object]) -> dict[str, object]:
    """Return the values of constants by the names of their parameters: a slot is a place in the declaration."""
    return {f"kqlp{place}": value for place, value in enumerate(constants.values())}


def used_values(statement: duckdb.Statement, slots: dict[str, object]) -> dict[str, object]:
    """Return the values that a statement uses; DuckDB refuses the others."""
    used = statement.named_parameters
    return {slot: value for slot, value in slots.items() if slot in used}


def prepare(query: str) -> None:
    """Translate a query that will be run often, and shorten its SQL, which takes as long as some runs of it."""
    text, *_ = taken_apart(query, frozenset())
    file = file_of(text, _SHORT)
    if not file.is_file():
        keep(file, with_known_types(_sql_of(text)))


def taken_apart(query: str, existing: frozenset[str]) -> tuple[str, dict[str, object], list[str]]:
    """Return the text that is translated, the values of its parameters, and the tables that it needs as empty ones."""
    constants: dict[str, object] = {}
    empty: list[str] = []
    lines = query.split("\n")
    while lines and _take(lines[0], existing, constants, empty):
        lines.pop(0)
    declared = ", ".join(f"{name}:{_kind(value)}" for name, value in constants.items())
    head = f"declare query_parameters({declared});\n" if declared else ""
    return head + "\n".join(lines), constants, empty


def _take(line: str, existing: frozenset[str], constants: dict[str, object], empty: list[str]) -> bool:
    """Take a line from the top of a query if it is a constant or an empty stand-in."""
    if (constant := _CONSTANT.fullmatch(line)) and constant["name"] not in constants:
        value = _value(constant)
        if value is not None:
            constants[constant["name"]] = value
        return value is not None
    stand_in = _STAND_IN.fullmatch(line)
    name = stand_in["name"] if stand_in else ""
    if name not in tables() or name in existing or line != empty_table(name):
        return False
    empty.append(name)
    return True


def _value(constant: re.Match[str]) -> object:
    try:
        if constant["list"]:
            return json.dumps(json.loads(constant["list"]))
        moment = datetime.fromisoformat(constant["moment"])
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _kind(value: object) -> str:
    return "datetime" if isinstance(value, datetime) else "dynamic"


@lru_cache(maxsize=512)
def _statement(text: str) -> duckdb.Statement:
    """Return the parsed SQL of a text: DuckDB takes as long to parse it as to plan it."""
    (statement,) = duckdb.extract_statements(kept_sql(text))
    return statement


def kept_sql(text: str) -> str:
    """Return the SQL of a text, from disk where it was translated before."""
    for kind in (_SHORT, _PLAIN):
        with suppress(OSError):
            return file_of(text, kind).read_text(encoding="utf-8")
    sql = _sql_of(text)
    keep(file_of(text, _PLAIN), sql)
    return sql


def _sql_of(text: str) -> str:
    schema = {table: list(columns_of(table)) for table in tables()}
    query = written_out(_INGESTION_CALL.sub(_ingestion_column, text))
    return str(to_sql(query, schema=schema, allow_write=False))


def file_of(text: str, kind: str) -> Path:
    """Return where something is kept that depends on a text and on what translates it."""
    return cache_folder("translations") / f"{hashlib.sha256((made_by() + text).encode()).hexdigest()}{kind}"


@cache
def made_by() -> str:
    """Return what a translation depends on besides its text."""
    columns = json.dumps({table: columns_of(table) for table in tables()}, sort_keys=True)
    own = "".join(file.read_text(encoding="utf-8") for file in sorted(_TYPED_SQL.glob("*.py")))
    return f"duckdb-kql {version('duckdb-kql')}, duckdb {version('duckdb')}\n{columns}\n{own}"


def keep(file: Path, sql: str) -> None:
    """Keep a text in a file: write beside and rename, because several commands may run at once."""
    # A full disk costs time and no answer.
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as beside:
            beside.write(sql)
        Path(beside.name).replace(file)


def _ingestion_column(match: re.Match[str]) -> str:
    return INGESTION_TIME if match["call"] else match[0]
