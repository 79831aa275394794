"""Ask for the latest row of a group once, where duckdb-kql asks for each of its columns: arg_max and arg_min."""

from local.workspace.typed_sql.tree import (
    Node,
    arguments,
    column,
    is_column,
    is_function,
    key,
    named,
    select_from,
    text_constant,
    text_of,
)


def take_one_latest(query: Node) -> None:
    """Make a query take the columns of one latest row from one structure.

    COALESCE(arg_max({'v': a}, t), any_value({'v': a}))['v'] AS a stands for one column. With several of them an inner query has
    one such structure of all, and the outer one its parts.
    """
    select_list = query["select_list"]
    latest = [node for node in select_list if _function(node)]
    orders = {_order(node) for node in latest}
    if len(latest) < 2 or len(orders) > 1 or query["modifiers"] or not all(map(_name, select_list)):
        return
    structure = _structure(latest)
    inner = {**query, "cte_map": {"map": []}}
    inner["select_list"] = [*(node for node in select_list if node not in latest), structure]
    parts = iter(_part(node, place, structure["alias"]) for place, node in enumerate(latest))
    outer = [next(parts) if node in latest else column(_name(node)) for node in select_list]
    query.update(select_from(inner, outer), cte_map=query["cte_map"])


def _function(node: Node) -> Node | None:
    """Return the arg_max or arg_min that a column comes from; None for any other column."""
    if node.get("type") != "ARRAY_EXTRACT" or text_of(node["children"][1]) != "v":
        return None
    both = node["children"][0]
    if both.get("type") != "OPERATOR_COALESCE" or not is_function(both["children"][1], "any_value"):
        return None
    function = dict(both["children"][0])
    is_latest = is_function(function, "arg_max") or is_function(function, "arg_min")
    return function if is_latest and function["filter"] is None else None


def _order(node: Node) -> str:
    function = _function(node) or {}
    return f"{function['function_name']} {key(arguments(function)[1])}"


def _name(node: Node) -> str:
    return str(node["alias"] or (node["column_names"][-1] if is_column(node) else ""))


def _structure(latest: list[Node]) -> Node:
    """Return the first column's expression without its last step, with the values of all columns."""
    values = [arguments(arguments(_function(node) or {})[0])[0] for node in latest]
    fields = [
        {"name": f"v{place}", "expression": named(value, f"v{place}")} for place, value in enumerate(values)
    ]
    both = latest[0]["children"][0]
    packed = {**arguments(both["children"][0])[0], "arguments": fields}
    children = [_with_first_argument(function, packed) for function in both["children"]]
    return {**both, "alias": "_latest", "children": children}


def _with_first_argument(function: Node, value: Node) -> Node:
    first, *others = function["arguments"]
    return {**function, "arguments": [{**first, "expression": value}, *others]}


def _part(node: Node, place: int, structure: str) -> Node:
    return {**node, "alias": _name(node), "children": [column(structure), text_constant(f"v{place}")]}
