"""Run KQL on a workspace and give the typed result."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from duckdb_kql.errors import KqlError
from duckdb_kql.types import kusto_type

from local.workspace.database import EVER, Tables, Timespan, show_empty
from local.workspace.refusal import refusal
from local.workspace.translation import translate
from local.workspace.wire import WRITERS, WireValue

_ROWS_AT_ONCE = 2_000
# The parser keeps caches that its threads would share.
_translating = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of a result with their Kusto types, and its rows in batches, which can be read once."""

    columns: list[tuple[str, str]]
    batches: Iterator[list[list[WireValue]]]

    def rows(self) -> list[list[WireValue]]:
        """Return all rows at once."""
        return [row for batch in self.batches for row in batch]


def run(
    workspace: Tables,
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
            translated = translate(query, workspace.tables)
        for table in translated.empty:
            show_empty(table, cursor)
        cursor.execute(translated.statement, translated.values)
    except duckdb.InterruptException:
        raise
    except (KqlError, duckdb.Error) as error:
        raise refusal(error, query) from error
    described = cursor.description or []
    columns = [(str(column[0]), kusto_type(column[1])) for column in described]
    return Answer(columns, _batches(cursor, [kind for _, kind in columns]))


def _batches(cursor: duckdb.DuckDBPyConnection, kinds: list[str]) -> Iterator[list[list[WireValue]]]:
    writers = [WRITERS[kind] for kind in kinds]
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield [[write(cell) for write, cell in zip(writers, row, strict=True)] for row in rows]
