"""The types of SQL expressions, as DuckDB tells them; each is asked for once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb

from local.workspace.typed_sql.tree import NULL, Node, Tree, is_column, key, named, parsed, text_of, written

Columns = list[tuple[str, str | None]]  # names and types; None for a type that is not known
_PLAIN = ("VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "TIMESTAMP", "JSON", "INTERVAL")
_PARAMETER = re.compile(r"\$kqlp\d+\b")


class UnknownTypeError(Exception):
    """The type of an expression cannot be told from the columns beside it."""


@dataclass(frozen=True, slots=True)
class Source:
    """The columns that a query reads: table, name and type."""

    columns: tuple[tuple[str, str, str | None], ...] = ()

    @classmethod
    def of(cls, table: str, columns: Columns) -> "Source":
        """Return the columns of one table."""
        return cls(tuple((table, name, kind) for name, kind in columns))

    def beside(self, other: "Source") -> "Source":
        """Return the columns of both."""
        return Source(self.columns + other.columns)

    def kind(self, path: Sequence[str]) -> str | None:
        """Return the type of a column by its name, or by its table's and its own."""
        *table, name = path
        kinds = {kind for of, own, kind in self.columns if own == name and table in ([], [of])}
        return kinds.pop() if len(kinds) == 1 else None

    def every(self, star: Node) -> Columns:
        """Return the columns of a `*`."""
        left_out = star.get("exclude_list") or []
        if star.get("replace_list") or star.get("rename_list"):
            raise UnknownTypeError
        table = star.get("relation_name") or None
        return [
            (name, kind) for of, name, kind in self.columns if name not in left_out and table in (None, of)
        ]


class ExpressionTypes:
    """Tells types by a database that has every table and no rows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._known: dict[str, str | None] = {}

    def of(self, expressions: Sequence[Node | None]) -> list[str | None]:
        """Return the types of expressions that read no column; None where there is no expression or no type."""
        keys = [None if expression is None else key(expression) for expression in expressions]
        new = {
            name: node
            for name, node in zip(keys, expressions, strict=True)
            if name not in self._known and name and node
        }
        self._known.update(zip(new, self._ask(list(new.values())), strict=True))
        return [None if name is None else self._known[name] for name in keys]

    def of_table(self, name: str) -> Columns:
        """Return the columns of a table."""
        return self._described(f'FROM "{name}"')

    def of_query(self, query: Node, readable: Mapping[str, Columns]) -> Columns:
        """Return the columns of a query, which reads other queries as empty ones of their types."""
        text = written(query)
        stand_ins = [_stand_in(name, columns) for name, columns in readable.items() if name in text]
        head = f"WITH {', '.join(stand_ins)} " if stand_ins else ""
        return self._described(f"{head}SELECT * FROM ({text})")  # noqa: S608  our own text

    def of_text(self, sql: str) -> Columns:
        """Return the columns of a query that reads tables only."""
        return self._described(f"({sql})")

    def cast(self, node: Node, kind: str) -> Node:
        """Return a node cast to a type."""
        return {**typed(kind), "child": node}

    def _ask(self, expressions: list[Node]) -> list[str | None]:
        if not expressions:
            return []
        terms = [named(expression, f"c{place}") for place, expression in enumerate(expressions)]
        try:
            text = written({**parsed("SELECT 1"), "select_list": terms})
            return [kind for _, kind in self._described(text)]
        except duckdb.Error:
            if len(expressions) == 1:
                return [None]
            half = len(expressions) // 2
            return self._ask(expressions[:half]) + self._ask(expressions[half:])

    def _described(self, sql: str) -> Columns:
        rows = self.connection.execute(f"DESCRIBE {_PARAMETER.sub('NULL', sql)}").fetchall()
        return [(str(row[0]), None if "NULL" in str(row[1]) else str(row[1])) for row in rows]


def plain_kind(node: Node, source: Source) -> str | None:
    """Return the type of a column, of a constant text, or of what is cast; None for anything else."""
    if is_column(node):
        return source.kind(node["column_names"])
    if node["class"] == "CAST" and not node["type_expr"]["children"]:
        name = str(node["type_expr"]["type_name"])
        return name if name in _PLAIN else None
    if node["class"] in ("COMPARISON", "CONJUNCTION"):
        return "BOOLEAN"
    return "VARCHAR" if text_of(node) is not None else None


@cache
def typed(kind: str) -> Node:
    """Return a NULL of a type."""
    return dict(parsed(f"SELECT CAST(NULL AS {kind})")["select_list"][0])


def filled(tree: Tree, source: Source, inner: Mapping[int, Columns], parameter: str = "") -> Tree:
    """Return an expression with a NULL of the same type for each column and each inner query.

    `inner` has the columns of the inner queries by identity; `parameter` is that of the lambda whose body this is.

    Raises:
        UnknownTypeError: some of these types is not known.
    """
    if isinstance(tree, list):
        return [filled(part, source, inner, parameter) for part in tree]
    if not isinstance(tree, dict) or (is_column(tree) and tree["column_names"][0] == parameter):
        return tree
    match tree.get("class"):
        case "COLUMN_REF":
            value = _null(source.kind(tree["column_names"]))
        case "SUBQUERY":
            value = _null(_kind_of_inner(tree, inner))
        case "PARAMETER":
            raise UnknownTypeError
        case "CAST" if tree["child"].get("class") == "PARAMETER":
            value = {**tree, "child": NULL}
        case "LAMBDA":
            value = {**tree, "expr": filled(tree["expr"], source, inner, tree["lhs"]["column_names"][0])}
        case _:
            return {name: filled(part, source, inner, parameter) for name, part in tree.items()}
    return named(value, tree["alias"])


def _kind_of_inner(subquery: Node, inner: Mapping[int, Columns]) -> str | None:
    if subquery["subquery_type"] != "SCALAR":
        return "BOOLEAN"
    columns = inner.get(id(subquery["subquery"]["node"]), [])
    return columns[0][1] if len(columns) == 1 else None


def _null(kind: str | None) -> Node:
    if kind is None:
        raise UnknownTypeError
    return typed(kind)


def _stand_in(name: str, columns: Columns) -> str:
    terms = ", ".join(f'CAST(NULL AS {kind or "VARCHAR"}) AS "{column}"' for column, kind in columns)
    return f'"{name}" AS (SELECT {terms})'
