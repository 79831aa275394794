"""Run KQL on a workspace and give the typed result."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import duckdb
from duckdb_kql import to_sql
from duckdb_kql.errors import KqlError
from duckdb_kql.types import kusto_type

from local.workspace.database import EVER, INGESTION_TIME, Timespan, Workspace, columns_of
from local.workspace.refusal import refusal
from local.workspace.wire import WRITERS, Cell

_ROWS_AT_ONCE = 2_000
# Text literals and comments are matched first, so that what stands in them is left alone.
_INGESTION_CALL = re.compile(
    r"```.*?```|@'(?:[^']|'')*'|@\"(?:[^\"]|\"\")*\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*"
    r"|(?P<call>\bingestion_time\s*\(\s*\))",
    re.DOTALL,
)

# The parser keeps caches that its threads would share.
_translating = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of a result with their Kusto types, and its rows in batches, which can be read once."""

    columns: list[tuple[str, str]]
    batches: Iterator[list[list[Cell]]]

    def rows(self) -> list[list[Cell]]:
        """Return all rows at once."""
        return [row for batch in self.batches for row in batch]


def run(
    workspace: Workspace,
    query: str,
    timespan: Timespan = EVER,
    cursor: duckdb.DuckDBPyConnection | None = None,
) -> Answer:
    """Run a query; another thread may interrupt the cursor that is passed.

    Raises:
        RefusedQueryError: the query does not compile against this workspace, or cannot run here.
    """
    cursor = cursor or workspace.cursor(timespan)
    try:
        with _translating:
            sql, parameters = _translate(query, workspace.tables)
        cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
    except duckdb.InterruptException:
        raise
    except (KqlError, duckdb.Error) as error:
        raise refusal(error, query, workspace.tables) from error
    described = cursor.description or []
    columns = [(str(column[0]), kusto_type(column[1])) for column in described]
    return Answer(columns, _batches(cursor, [kind for _, kind in columns]))


@lru_cache(maxsize=512)
def _translate(query: str, tables: frozenset[str]) -> tuple[str, dict[str, object]]:
    """Translate a query to SQL; a table's columns follow from its name, so the names are key enough."""
    schema = {table: list(columns_of(table)) for table in tables}
    translated = to_sql(_INGESTION_CALL.sub(_ingestion_column, query), schema=schema, allow_write=False)
    return str(translated), dict(translated.parameters)


def _ingestion_column(match: re.Match[str]) -> str:
    return INGESTION_TIME if match["call"] else match[0]


def _batches(cursor: duckdb.DuckDBPyConnection, kinds: list[str]) -> Iterator[list[list[Cell]]]:
    writers = [WRITERS[kind] for kind in kinds]
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield [[write(cell) for write, cell in zip(writers, row, strict=True)] for row in rows]
