"""Run KQL on a workspace and give the typed result."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb_kql.errors import KqlError
from duckdb_kql.types import kusto_type

from local.workspace.cursors import Cursors
from local.workspace.database import EVER, Tables, Timespan
from local.workspace.joined.plan import plan_of
from local.workspace.joined.running import run_plan
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


def run(workspace: Tables, query: str, timespan: Timespan = EVER, cursors: Cursors | None = None) -> Answer:
    """Run a query; another thread may interrupt the cursors that are passed.

    Raises:
        RefusedQueryError: the query does not compile against this workspace, or cannot run here.
    """
    cursors = cursors or Cursors(workspace, timespan)
    try:
        with _translating:
            plan = plan_of(query, workspace.tables)
        if plan is not None:
            described, rows = run_plan(plan, cursors)
            return _answer(described, iter([rows]))
        with _translating:
            translated = translate(query, workspace.tables)
        cursor = cursors.open(translated.empty)
        cursor.execute(translated.statement, translated.values)
    except duckdb.InterruptException:
        raise
    except (KqlError, duckdb.Error) as error:
        raise refusal(error, query) from error
    return _answer(cursor.description or [], iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), []))


def _answer(described: Sequence[Sequence[Any]], batches: Iterator[list[tuple[object, ...]]]) -> Answer:
    columns = [(str(column[0]), kusto_type(column[1])) for column in described]
    writers = [WRITERS[kind] for _, kind in columns]
    written = (
        [[write(cell) for write, cell in zip(writers, row, strict=True)] for row in rows] for rows in batches
    )
    return Answer(columns, written)
