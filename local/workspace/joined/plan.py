"""Plan a query of several checks: tables to fill, and one statement for each check that reads them."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import duckdb
from duckdb_kql import to_sql

from local.workspace.database import Workspace, show_empty
from local.workspace.joined.parts import Part, parts_of
from local.workspace.joined.sharing import OF_A_LET, Shares, shares_of
from local.workspace.translation import file_of, keep, kept_sql, slots_of, taken_apart, used_values
from local.workspace.typed_sql.expression_types import Columns, ExpressionTypes
from local.workspace.typed_sql.known_types import with_known_types
from local.workspace.typed_sql.tree import Node, parsed, select_from
from shared.queries.schema import tables

_KEPT = ".joined.json"
_ROWS = "AnswerOfCheck"  # names the rows of a check where its own part of the query reads them

Fills = tuple[
    tuple[str, duckdb.Statement], ...
]  # a table's name, and what creates it; each reads those before it


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run for one query, with the values of its parameters and the tables that must exist as empty views."""

    fills: tuple[
        tuple[str, duckdb.Statement], ...
    ]  # a table's name, and what creates it; each reads those before it
    statements: tuple[duckdb.Statement, ...]  # their rows together are the answer
    values: dict[str, object]
    empty: tuple[str, ...]

    def values_of(self, statement: duckdb.Statement) -> dict[str, object]:
        """Return the values that a statement uses: DuckDB refuses the others."""
        return used_values(statement, self.values)


def plan_of(query: str, existing: frozenset[str]) -> Plan | None:
    """Plan a query; None where it is not one of several checks.

    Raises:
        KqlError: a check is not KQL, or KQL that the translator does not know.
    """
    text, constants, empty = taken_apart(query, existing)
    statements = statements_of(text)
    if statements is None:
        return None
    fills, legs = statements
    return Plan(fills, legs, slots_of(constants), tuple(empty))


@lru_cache(maxsize=64)
def statements_of(text: str) -> tuple[Fills, tuple[duckdb.Statement, ...]] | None:
    """Return what is run for a text, parsed; None where it is not one of several checks."""
    parts = parts_of(text)
    if not parts:
        return None
    shares = kept_shares(text, parts)
    fills = ((name, _parsed(f'CREATE TABLE "{name}" AS {sql}')) for name, sql in shares.fills)
    return tuple(fills), tuple(map(_parsed, shares.statements))


def kept_shares(text: str, parts: Sequence[Part]) -> Shares:
    """Return what the parts of a text share, from disk where it was found out before."""
    sql = [kept_sql(part.text) for part in parts]
    file = file_of("\n".join([_own_text(), text, *sql]), _KEPT)
    with suppress(OSError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Shares(tuple(map(tuple, kept["fills"])), tuple(kept["statements"]))
    shares = shares_of([_query(part, own) for part, own in zip(parts, sql, strict=True)])
    keep(file, json.dumps({"fills": shares.fills, "statements": shares.statements}))
    return shares


def _query(part: Part, sql: str) -> Node:
    """Return a check's own query with the steps behind it, as KQL says them of rows with its columns."""
    columns = _types().of_text(sql)
    schema = {_ROWS: [name for name, _ in columns]}
    steps = str(to_sql(f"{_ROWS}\n{part.steps}", schema=schema, allow_write=False))
    empty = (f'CAST(NULL AS {kind or "VARCHAR"}) AS "{name}"' for name, kind in columns)
    outer = parsed(with_known_types(_before(f"SELECT {', '.join(empty)}", steps)))
    lets, rows = _taken_out(parsed(sql))
    for entry in outer["cte_map"]["map"]:
        if entry["key"] == _ROWS:
            entry["value"]["query_node"] = select_from(rows, _never_null(columns))
    return {**outer, "cte_map": {"map": lets + outer["cte_map"]["map"]}}


def _taken_out(query: Node) -> tuple[list[Node], Node]:
    """Return the lets at the top of a query, and the query without them."""
    entries = query["cte_map"]["map"]
    lets = [entry for entry in entries if entry["key"].startswith(OF_A_LET)]
    return lets, {**query, "cte_map": {"map": [entry for entry in entries if entry not in lets]}}


def _never_null(columns: Columns) -> list[Node]:
    """Return columns as KQL has them: a string is never null."""
    terms = (
        f'COALESCE("{name}", \'\') AS "{name}"' if kind == "VARCHAR" else f'"{name}"'
        for name, kind in columns
    )
    return list(parsed(f"SELECT {', '.join(terms)}")["select_list"])


def _before(rows: str, sql: str) -> str:
    """Return SQL with the rows that it reads defined at its top."""
    first = f"{_ROWS} AS ({rows})"
    return f"WITH {first}, {sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f"WITH {first} {sql}"


def _parsed(sql: str) -> duckdb.Statement:
    (statement,) = duckdb.extract_statements(sql)
    return statement


@cache
def _types() -> ExpressionTypes:
    """Return what tells the columns of a query that reads tables of the schema."""
    cursor = Workspace().cursor()
    for table in tables():
        show_empty(table, cursor)
    return ExpressionTypes(cursor)


@cache
def _own_text() -> str:
    """Return what a plan depends on besides the SQL of its checks."""
    return "".join(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py")))
