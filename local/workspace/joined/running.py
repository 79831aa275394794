"""Run the plan of a query of several checks: fill its tables once, then answer its checks beside each other."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain

import duckdb

from local.workspace.cursors import Cursors
from local.workspace.joined.plan import Plan

Columns = list[tuple[object, ...]]
Rows = list[tuple[object, ...]]


def run_plan(plan: Plan, cursors: Cursors) -> tuple[Columns, Rows]:
    """Return the columns of a plan's answer, as DuckDB describes them, and its rows."""
    with _tables(plan, cursors):
        lanes = max(1, min(os.cpu_count() or 1, len(plan.statements)))
        parts = [plan.statements[lane::lanes] for lane in range(lanes)]
        with ThreadPoolExecutor(lanes) as pool:
            answers = list(pool.map(lambda part: _answer(plan, part, cursors.open(plan.empty)), parts))
    return answers[0][0], list(chain.from_iterable(rows for _, rows in answers))


@contextmanager
def _tables(plan: Plan, cursors: Cursors) -> Iterator[None]:
    """Fill the tables of a plan in a schema of their own, for as long as the block lasts."""
    with cursors.schema():
        cursor = cursors.open(plan.empty)
        for _, statement in plan.fills:
            cursor.execute(statement, plan.values_of(statement))
        yield


def _answer(
    plan: Plan, statements: Sequence[duckdb.Statement], cursor: duckdb.DuckDBPyConnection
) -> tuple[Columns, Rows]:
    rows: Rows = []
    for statement in statements:
        rows += cursor.execute(statement, plan.values_of(statement)).fetchall()
    return list(cursor.description or []), rows
