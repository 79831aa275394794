"""Answer what SQL asks about types when it is translated, instead of each time that it runs.

duckdb-kql writes SQL for values of any type: each conversion asks for the type of its operand and has a branch for every
answer. Here the types of all tables are known, so every question has one answer. Without them the SQL of a check is less
than half as long, and reading SQL is most of what a check on small tables costs.
"""

from collections.abc import Sequence
from functools import cache

import duckdb

from local.workspace.database import columns_of, definition
from local.workspace.typed_sql.expression_types import (
    Columns,
    ExpressionTypes,
    Source,
    UnknownTypeError,
    filled,
    plain_kind,
)
from local.workspace.typed_sql.folding import Folding
from local.workspace.typed_sql.one_latest import take_one_latest
from local.workspace.typed_sql.tree import (
    Node,
    is_column,
    parsed,
    subqueries,
    written,
)
from shared.queries.schema import tables

_EXPRESSIONS = ("select_list", "where_clause", "group_expressions", "having", "qualify", "modifiers")
Readable = dict[str, Columns]  # the columns of what a query can read, by name


def with_known_types(sql: str) -> str:
    """Return SQL with the same answer that asks for no type which the tables decide; the same text where that fails."""
    types = _types()
    try:
        query = parsed(sql)
        _Settling(types).columns(query, {})
        shorter = written(query)
        return shorter if types.of_text(sql) == types.of_text(shorter) else sql
    except (duckdb.Error, UnknownTypeError):
        return sql


@cache
def _types() -> ExpressionTypes:
    """Return a database with every table and no rows, and what was found out with it."""
    database = duckdb.connect()
    for table in tables():
        columns = ", ".join(definition(table, column) for column in columns_of(table))
        database.execute(f'CREATE TABLE "{table}" ({columns})')
    return ExpressionTypes(database)


class _Settling:
    """Settles the questions of queries in place, innermost first."""

    def __init__(self, types: ExpressionTypes) -> None:
        self.types = types
        self.inner: dict[int, Columns] = {}  # the columns of queries in expressions, by identity

    def columns(self, query: Node, outer: Readable) -> Columns:
        """Settle a query; return its columns."""
        readable = dict(outer)
        for entry in query["cte_map"]["map"]:
            named_query = entry["value"]
            inner = self.columns(named_query["query_node"], readable)
            readable[entry["key"]] = _renamed(inner, named_query["aliases"])
        own = {**query, "cte_map": {"map": []}}
        if query["type"] != "SELECT_NODE":
            for part in subqueries(own):
                self.columns(part, readable)
            return self.types.of_query(own, readable)
        source = self._source(query["from_table"], readable)
        for part in subqueries([query[name] for name in _EXPRESSIONS]):
            self.inner[id(part)] = self.columns(part, readable)
        columns = self._settle(query, source) if source else None
        return columns or self.types.of_query(own, readable)

    def _source(self, table: Node, readable: Readable) -> Source | None:
        """Return the columns that a query reads, after settling its inner queries; None where that cannot be told."""
        kind, alias = table["type"], str(table["alias"])
        if kind == "JOIN":
            left, right = self._source(table["left"], readable), self._source(table["right"], readable)
            return left.beside(right) if left and right else None
        if kind == "BASE_TABLE":
            name = str(table["table_name"])
            columns = readable.get(name) or self.types.of_table(name)
            return Source.of(alias or name, _renamed(columns, table["column_name_alias"]))
        if kind == "SUBQUERY":
            columns = self.columns(table["subquery"]["node"], readable)
            return Source.of(alias, _renamed(columns, table["column_name_alias"]))
        return Source() if kind == "EMPTY" else None

    def _settle(self, query: Node, source: Source) -> Columns | None:
        """Settle a query's own questions; return its columns, None where some type is not known."""
        folding = Folding(lambda node: self._kind(node, source), self.types.cast)
        for name in _EXPRESSIONS:
            query[name] = folding.fold(query[name], {})
        terms = [node for node in query["select_list"] if node["class"] != "STAR"]
        columns = _selected(query["select_list"], source, self._kinds(terms, source))
        take_one_latest(query)
        return columns

    def _kind(self, expression: Node, source: Source) -> str | None:
        return self._kinds([expression], source)[0]

    def _kinds(self, expressions: Sequence[Node], source: Source) -> list[str | None]:
        plain = [plain_kind(node, source) for node in expressions]
        pairs = zip(expressions, plain, strict=True)
        others = self.types.of([None if kind else self._alone(node, source) for node, kind in pairs])
        return [kind or other for kind, other in zip(plain, others, strict=True)]

    def _alone(self, expression: Node, source: Source) -> Node | None:
        try:
            return dict(filled(expression, source, self.inner))
        except UnknownTypeError:
            return None


def _renamed(columns: Columns, names: Sequence[str]) -> Columns:
    rest = columns[len(names) :]
    return [(name, kind) for name, (_, kind) in zip(names, columns, strict=False)] + rest


def _selected(select_list: Sequence[Node], source: Source, kinds: Sequence[str | None]) -> Columns | None:
    """Return the columns that a select list gives whose expressions have these types."""
    columns: Columns = []
    rest = iter(kinds)
    for node in select_list:
        if node["class"] == "STAR":
            columns += source.every(node)
        else:
            name = node["alias"] or (node["column_names"][-1] if is_column(node) else "")
            columns.append((name, next(rest)))
    return columns if all(name and kind for name, kind in columns) else None
