"""Read and rewrite SQL as the syntax tree that DuckDB gives of it."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

# A node is a dictionary with its `class` and `type`, or a query with its `type` alone; a part may be a list of them.
Node = dict[str, Any]
Tree = Any

QUERIES = ("SELECT_NODE", "SET_OPERATION_NODE")
NULL: Node = {
    "class": "CONSTANT",
    "type": "VALUE_CONSTANT",
    "alias": "",
    "literal": {"kind": "NULL_LITERAL", "text": ""},
}
# What DuckDB writes of a node and reads again as well when it is left out.
_SPARE = ("query_location", "query_location_length", "schema", "catalog", "export_state", "qualified_name")


def parsed(sql: str) -> Node:
    """Return the one query of a text."""
    answer = json.loads(_one_cell("SELECT json_serialize_sql(?)", sql))
    if answer["error"]:
        raise duckdb.ParserException(answer["error_message"])
    return dict(_slim(answer["statements"][0]["node"]))


def written(query: Node) -> str:
    """Return the text of a query."""
    statement = json.dumps({"error": False, "statements": [{"node": query}]})
    return _one_cell("SELECT json_deserialize_sql(?::JSON)", statement)


def text_constant(text: str) -> Node:
    """Return a constant text."""
    return {**NULL, "literal": {"kind": "STRING", "text": text}}


def truth_constant(value: bool) -> Node:
    """Return TRUE or FALSE."""
    return {**NULL, "literal": {"kind": "BOOLEAN", "text": "true" if value else "false"}}


def column(name: str) -> Node:
    """Return the name of a column."""
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": [name]}


def select_from(inner: Node, select_list: list[Node]) -> Node:
    """Return a query that selects from another one."""
    outer = parsed("SELECT 1 FROM (SELECT 1)")
    outer["from_table"]["subquery"]["node"] = inner
    return {**outer, "select_list": select_list}


def text_of(node: Tree) -> str | None:
    """Return the text of a constant text; None for anything else."""
    return _literal(node, "STRING")


def truth_of(node: Tree) -> bool | None:
    """Return the value of TRUE or FALSE; None for anything else."""
    text = _literal(node, "BOOLEAN")
    return None if text is None else text == "true"


def is_null(node: Tree) -> bool:
    """Tell whether a part is missing or is NULL."""
    return node is None or _literal(node, "NULL_LITERAL") is not None


def is_column(node: Tree) -> bool:
    """Tell whether a node is the name of a column."""
    return isinstance(node, dict) and node.get("class") == "COLUMN_REF"


def is_function(node: Tree, name: str) -> bool:
    """Tell whether a node calls a function."""
    return isinstance(node, dict) and node.get("class") == "FUNCTION" and node["function_name"] == name


def arguments(function: Node) -> list[Node]:
    """Return what a function is called with."""
    return [argument["expression"] for argument in function["arguments"]]


def named(node: Node, alias: str) -> Node:
    """Return a node under another alias."""
    return {**node, "alias": alias}


def key(node: Node) -> str:
    """Return a text that is the same for the same expression, whatever its alias."""
    return json.dumps(named(node, ""))


def substituted(node: Tree, values: Mapping[str, Node]) -> Tree:
    """Return a tree in which names of columns are replaced, as those of a lambda's parameters."""
    if isinstance(node, list):
        return [substituted(part, values) for part in node]
    if not isinstance(node, dict) or node.get("type") in QUERIES:
        return node
    if is_column(node) and len(node["column_names"]) == 1 and node["column_names"][0] in values:
        return named(values[node["column_names"][0]], node["alias"])
    return {name: substituted(part, values) for name, part in node.items()}


def parts(node: Tree) -> Iterator[Tree]:
    """Yield what stands directly in a node."""
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def nodes(tree: Tree) -> Iterator[Node]:
    """Yield all nodes of a tree."""
    if isinstance(tree, dict):
        yield tree
    for part in parts(tree):
        yield from nodes(part)


def subqueries(tree: Tree) -> Iterator[Node]:
    """Yield the queries of a tree that stand in no other of its queries."""
    for part in parts(tree):
        if isinstance(part, dict) and part.get("type") in QUERIES:
            yield part
        else:
            yield from subqueries(part)


def _literal(node: Tree, kind: str) -> str | None:
    if not isinstance(node, dict) or node.get("class") != "CONSTANT":
        return None
    literal = node["literal"]
    return str(literal["text"]) if literal["kind"] == kind else None


def _slim(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {name: _slim(part) for name, part in tree.items() if name not in _SPARE}
    return [_slim(part) for part in tree] if isinstance(tree, list) else tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _one_cell(sql: str, value: str) -> str:
    row = _parser().execute(sql, [value]).fetchone()
    return str(row[0]) if row else ""
