"""Keep the tables of workspaces in DuckDB, typed as Log Analytics types them."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

import duckdb

from shared.queries.schema import tables

INGESTION_TIME = "_IngestionTime"

_ROWS_AT_ONCE = 5_000
# Below it DuckDB takes longer to optimize a plan of twenty CTEs than to run it as it stands: with 80 rows twice as long,
# with 900 a fourth longer.
_WORTH_OPTIMIZING = 2_000
_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "guid": "UUID",
}
# DuckDB reads these from JSON numbers and truth as they are; all others are cast from their text.
_NATIVE = {"INTEGER", "BIGINT", "DOUBLE", "BOOLEAN"}

LogRow = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Timespan:
    """The time that a request is limited to, both ends included; None is open."""

    start: datetime | None = None
    end: datetime | None = None


EVER = Timespan()


class WorkspaceGroup:
    """The database that workspaces share if one query is to read them all, and their common time.

    Attributes:
        visible_until: rows ingested later are hidden from new queries; None shows every row.
        rows: how many rows the workspaces hold together.
    """

    def __init__(self) -> None:
        self.visible_until: datetime | None = None
        self.rows = 0
        self.lock = threading.Lock()
        self.numbers = count()
        self.united: dict[tuple[tuple[str, frozenset[str]], ...], str] = {}
        self.database = duckdb.connect()
        self.database.execute("SET GLOBAL TimeZone = 'UTC'")
        # KQL can name any text as a table, and DuckDB would read a file of that name.
        self.database.execute("SET enable_external_access = false")

    def run_on_one_thread(self) -> None:
        """Give the lists of one query one order: with more threads it is another each time."""
        self.database.execute("SET threads = 1")


class Tables(Protocol):
    """What one query can read."""

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that exist."""
        ...

    def cursor(self, timespan: "Timespan" = ...) -> duckdb.DuckDBPyConnection:
        """Open a connection of its own for one query, which sees the rows of a timespan."""
        ...


class Workspace:
    """Tables by name; one that was never received does not exist."""

    def __init__(self, beside: "Workspace | None" = None) -> None:
        """Make an empty workspace; one query can read it together with those that it was made beside."""
        self.group: WorkspaceGroup = WorkspaceGroup() if beside is None else beside.group
        self._database = self.group.database
        with self.group.lock:
            number = next(self.group.numbers)
            self.shown, self._rows = f"shown{number}", f"stored{number}"
            self._database.execute(f"CREATE SCHEMA {self.shown}")
            self._database.execute(f"CREATE SCHEMA {self._rows}")
        self._stored: dict[str, list[str]] = {}

    @property
    def visible_until(self) -> datetime | None:
        """Rows ingested later are hidden from new queries, of the workspaces beside it too; None shows every row."""
        return self.group.visible_until

    @visible_until.setter
    def visible_until(self, moment: datetime | None) -> None:
        self.group.visible_until = moment

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that exist."""
        return frozenset(self._stored)

    def load(self, received: Mapping[str, Sequence[LogRow]]) -> None:
        """Add typed rows to their tables; a table without rows exists from now on."""
        for table, rows in received.items():
            columns = columns_of(table)
            self.group.rows += len(rows)
            names = set().union(*rows)
            self._provide(table, [column for column in columns if column in names])
            for first in range(0, len(rows), _ROWS_AT_ONCE):
                self._insert(table, rows[first : first + _ROWS_AT_ONCE])

    def create_from_sql(self, table: str, select: str) -> None:
        """Create a table from a SELECT in DuckDB's SQL, whose columns are named as the table's."""
        columns = columns_of(table)
        names = {str(row[0]) for row in self._database.execute(f"DESCRIBE {select}").fetchall()}
        terms = {column: _stored_term(column, kind) for column, kind in columns.items() if column in names}
        if INGESTION_TIME not in names and "TimeGenerated" in names:
            terms[INGESTION_TIME] = f"TimeGenerated + INTERVAL 5 MINUTE AS {INGESTION_TIME}"
        create = f'CREATE TABLE {self._rows}."{table}" AS SELECT {", ".join(terms.values())} FROM ({select})'
        created = self._database.execute(create).fetchone()
        self.group.rows += created[0] if created else 0
        self._stored[table] = list(terms)
        self._show(table)

    def is_hiding(self) -> bool:
        """Tell whether some row has yet to be ingested."""
        if self.visible_until is None:
            return False
        until = _sql_time(self.visible_until)
        dated = (table for table, columns in self._stored.items() if INGESTION_TIME in columns)
        later = (
            f'SELECT 1 FROM {self._rows}."{table}" WHERE {INGESTION_TIME} > {until} LIMIT 1'
            for table in dated
        )
        return any(self._database.execute(select).fetchone() for select in later)

    def cursor(self, timespan: Timespan = EVER) -> duckdb.DuckDBPyConnection:
        """Open a connection of its own for one query, which sees the rows of a timespan.

        Tables are views that read three session variables, so that what is visible costs nothing to switch.
        """
        return cursor_on(self.group, self.shown, timespan)

    def close(self) -> None:
        """Free the memory of all tables."""
        self._database.close()

    def _provide(self, table: str, columns: list[str]) -> None:
        if table not in self._stored:
            defined = ", ".join(definition(table, column) for column in columns or [INGESTION_TIME])
            self._database.execute(f'CREATE TABLE {self._rows}."{table}" ({defined})')
            self._stored[table] = columns or [INGESTION_TIME]
        for column in columns:
            if column not in self._stored[table]:
                self._database.execute(
                    f'ALTER TABLE {self._rows}."{table}" ADD COLUMN {definition(table, column)}'
                )
                self._stored[table].append(column)
        self._show(table)

    def _show(self, table: str) -> None:
        """Define the view that queries read: every column of the schema, and only visible rows."""
        stored_columns = set(self._stored[table])
        terms = [
            _shown_term(column, kind, column in stored_columns) for column, kind in columns_of(table).items()
        ]
        visible = " AND ".join(
            f"(getvariable('{name}') IS NULL OR {column} IS NULL OR {column} {sign} getvariable('{name}'))"
            for name, column, sign in (
                ("visible_until", INGESTION_TIME, "<="),
                ("span_start", "TimeGenerated", ">="),
                ("span_end", "TimeGenerated", "<="),
            )
        )
        rows = f'SELECT {", ".join(terms)} FROM {self._rows}."{table}"'
        view = f'CREATE OR REPLACE VIEW {self.shown}."{table}" AS SELECT * FROM ({rows}) WHERE {visible}'
        self._database.execute(view)

    def _insert(self, table: str, rows: Sequence[LogRow]) -> None:
        columns = columns_of(table)
        stored_columns = self._stored[table]
        terms, texts = [], []
        for position, column in enumerate(stored_columns):
            cells = _plain([row.get(column) for row in rows], columns[column])
            # What is the same in every row is sent once, except one column that makes the rows.
            constant = position > 0 and cells.count(cells[0]) == len(cells)
            terms.append(_parameter(_TYPES[columns[column]], constant))
            texts.append(_json_text(cells[:1] if constant else cells))
        insert = f'INSERT INTO {self._rows}."{table}" SELECT {", ".join(terms)}'
        self._database.execute(insert, texts)


def cursor_on(group: WorkspaceGroup, schema: str, timespan: Timespan) -> duckdb.DuckDBPyConnection:
    """Open a connection that reads the views of a schema."""
    with group.lock:
        cursor = group.database.cursor()
    cursor.execute(f"SET search_path = '{schema}'")
    if group.rows < _WORTH_OPTIMIZING:
        cursor.execute("PRAGMA disable_optimizer")
    _set(cursor, "visible_until", group.visible_until)
    _set(cursor, "span_start", timespan.start)
    _set(cursor, "span_end", timespan.end)
    return cursor


def show_empty(table: str, cursor: duckdb.DuckDBPyConnection) -> None:
    """Show one connection a table that does not exist as one without rows."""
    terms = (_shown_term(column, kind, is_stored=False) for column, kind in columns_of(table).items())
    cursor.execute(f'CREATE OR REPLACE TEMP VIEW "{table}" AS SELECT {", ".join(terms)} WHERE false')


def columns_of(table: str) -> dict[str, str]:
    """Return a table's columns with their Kusto types, the time of ingestion last."""
    return {**tables()[table], INGESTION_TIME: "datetime"}


def definition(table: str, column: str) -> str:
    """Return how a column is defined when its table is created."""
    kind = columns_of(table)[column]
    default = " DEFAULT ''" if kind == "string" else ""
    return f'"{column}" {_TYPES[kind]}{default}'


def _shown_term(column: str, kind: str, is_stored: bool) -> str:
    if is_stored:
        return f'"{column}"'
    # A string of KQL is never null: what a row does not have is empty.
    return f"'' AS \"{column}\"" if kind == "string" else f'CAST(NULL AS {_TYPES[kind]}) AS "{column}"'


def _stored_term(column: str, kind: str) -> str:
    value = f'CAST("{column}" AS {_TYPES[kind]})'
    return f"coalesce({value}, '') AS \"{column}\"" if kind == "string" else f'{value} AS "{column}"'


def _parameter(sql_type: str, is_constant: bool) -> str:
    # One JSON text per column: about twice as fast as binding lists, and no file on the way.
    read_as = sql_type if sql_type in _NATIVE else "VARCHAR"
    listed = f"from_json(?, '[\"{read_as}\"]')"
    value = f"{listed}[1]" if is_constant else f"unnest({listed})"
    return value if read_as == sql_type else f"CAST({value} AS {sql_type})"


def _plain(cells: list[object], kind: str) -> list[object]:
    if kind == "string":
        return [cell or "" for cell in cells]
    if kind == "datetime":
        return [cell.isoformat() if isinstance(cell, datetime) else None for cell in cells]
    return cells


def _json_text(cells: list[object]) -> str:
    text = json.dumps(cells, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair: JSON can escape it, UTF-8 cannot carry it.
        return text.encode(errors="replace").decode()
    return text


def _set(cursor: duckdb.DuckDBPyConnection, name: str, moment: datetime | None) -> None:
    if moment is not None:
        cursor.execute(f"SET VARIABLE {name} = {_sql_time(moment)}")


def _sql_time(moment: datetime) -> str:
    plain = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return f"TIMESTAMP '{plain}'"
