"""Shorten an expression of SQL by what is known of the types in it, without changing its value or its type."""

import re
from collections.abc import Callable, Mapping

from local.workspace.typed_sql.tree import (
    NULL,
    QUERIES,
    Node,
    Tree,
    arguments,
    is_column,
    is_function,
    is_null,
    key,
    named,
    nodes,
    substituted,
    text_constant,
    text_of,
    truth_constant,
    truth_of,
)

_FIRST: Node = {"class": "OPERATOR", "type": "ARRAY_EXTRACT", "alias": ""}
_ONE: Node = {**NULL, "literal": {"kind": "INTEGER", "text": "1"}}
# A value of these types is never an empty text.
_NEVER_EMPTY = ("BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "TIMESTAMP", "INTERVAL")


class Folding:
    """Folds the expressions of one query.

    Attributes:
        kind: returns the type of an expression that stands in the query; None where it is not known.
        cast: returns an expression cast to a type.
    """

    def __init__(self, kind: Callable[[Node], str | None], cast: Callable[[Node, str], Node]) -> None:
        self.kind = kind
        self.cast = cast

    def fold(self, tree: Tree, values: Mapping[str, Node]) -> Tree:
        """Return a tree whose questions about types are answered; `values` are those of the parameters of lambdas."""
        if isinstance(tree, list):
            return [self.fold(part, values) for part in tree]
        if not isinstance(tree, dict) or tree.get("type") in QUERIES:
            return tree
        if is_function(tree, "typeof"):
            (operand,) = arguments(tree)
            kind = self.kind(substituted(operand, values))
            return named(text_constant(kind), tree["alias"]) if kind else tree
        if tree.get("class") == "CASE":
            return self._case(tree, values)
        if is_function(tree, "list_transform"):
            return self._transform(tree, values)
        node = {name: self.fold(part, values) for name, part in tree.items()}
        rule = _RULES.get(node.get("function_name", node.get("type")))
        return named(rule(node), node["alias"]) if rule else node

    def _case(self, case: Node, values: Mapping[str, Node]) -> Node:
        """Leave out the branches that are never taken; the type stays that of all branches."""
        checks: list[Node] = []
        otherwise = case["else_expr"]
        for check in case["case_checks"]:
            when = self.fold(check["when_expr"], values)
            if truth_of(when):
                otherwise = check["then_expr"]
                break
            if truth_of(when) is None:
                checks.append(
                    {**check, "when_expr": when, "then_expr": self.fold(check["then_expr"], values)}
                )
        rest = self.fold(otherwise, values)
        node = {**case, "case_checks": checks, "else_expr": rest} if checks else rest
        if len(checks) == len(case["case_checks"]) and not is_if_not_empty(node):
            return node
        kind = self.kind(substituted(case, values))
        if kind is None:
            return case
        if is_if_not_empty(node):
            return named(_value(node), case["alias"]) if kind in _NEVER_EMPTY else node
        return named(_cast(self.cast(named(node, ""), kind)), case["alias"])

    def _transform(self, function: Node, values: Mapping[str, Node]) -> Node:
        listed, body = function["arguments"]
        elements = self.fold(listed["expression"], values)
        parameter = body["expression"]["lhs"]["column_names"][0]
        element = {**_FIRST, "children": [substituted(elements, values), _ONE]}
        inner = self.fold(body["expression"]["expr"], {**values, parameter: element})
        changed = {**body, "expression": {**body["expression"], "expr": inner}}
        return {**function, "arguments": [{**listed, "expression": elements}, changed]}


def is_if_not_empty(case: Node) -> bool:
    """Tell whether a node is CASE WHEN CAST(x AS VARCHAR) <> '' THEN x END."""
    if case.get("class") != "CASE" or len(case["case_checks"]) != 1 or not is_null(case["else_expr"]):
        return False
    (check,) = case["case_checks"]
    when = check["when_expr"]
    is_asked = when.get("type") == "COMPARE_NOTEQUAL" and text_of(when["right"]) == ""
    left = when["left"] if is_asked else {}
    return left.get("class") == "CAST" and key(left["child"]) == key(check["then_expr"])


def _value(case: Node) -> Node:
    return dict(case["case_checks"][0]["then_expr"])


def _compared(node: Node) -> Node:
    left, right = text_of(node["left"]), text_of(node["right"])
    if left is None or right is None:
        return node
    return truth_constant((left == right) == (node["type"] == "COMPARE_EQUAL"))


def _listed(node: Node) -> Node:
    texts = [text_of(child) for child in node["children"]]
    return node if None in texts else truth_constant(texts[0] in texts[1:])


def _like(node: Node) -> Node:
    text, pattern = (text_of(argument) for argument in arguments(node))
    if text is None or pattern is None or re.search(r"[_\\]", pattern):
        return node
    words = ".*".join(re.escape(part) for part in pattern.split("%"))
    return truth_constant(re.fullmatch(words, text, re.DOTALL) is not None)


def _joined(node: Node) -> Node:
    decides = node["type"] == "CONJUNCTION_OR"
    if any(truth_of(child) is decides for child in node["children"]):
        return truth_constant(decides)
    children = [child for child in node["children"] if truth_of(child) is None]
    if not children:
        return truth_constant(not decides)
    return {**node, "children": children} if len(children) > 1 else children[0]


def _cast(node: Node) -> Node:
    """Leave out a cast of a constant text to a text, and one that another repeats."""
    inner, kind = node["child"], node["type_expr"]
    is_text = kind.get("type_name") == "VARCHAR" and text_of(inner) is not None
    is_again = inner.get("class") == "CAST" and not inner["try_cast"] and inner["type_expr"] == kind
    return inner if is_text or is_again else node


def _first(node: Node) -> Node:
    """Leave out of COALESCE what repeats, what is NULL, and what stands behind a constant."""
    children: list[Node] = []
    for child in node["children"]:
        if is_null(child) or key(child) in map(key, children):
            continue
        if children and is_if_not_empty(children[-1]) and key(_value(children[-1])) == key(child):
            children.pop()
        children.append(child)
        if child.get("class") == "CONSTANT":
            break
    return {**node, "children": children} if len(children) != 1 else children[0]


def _applied(node: Node) -> Node:
    """Write list_transform([x], lambda v: ...)[1] without its list, where x is a column or is read once."""
    function, place = node["children"]
    if not is_function(function, "list_transform") or place.get("literal", {}).get("text") != "1":
        return node
    values, body = arguments(function)
    is_one = is_function(values, "list_value") and len(values["arguments"]) == 1
    if not is_one or body.get("class") != "LAMBDA":
        return node
    (value,), (parameter, *_) = arguments(values), body["lhs"]["column_names"]
    reads = [part["column_names"] for part in nodes(body["expr"]) if is_column(part)]
    own = [path for path in reads if path[0] == parameter]
    if own != [[parameter]] * len(own) or (len(own) > 1 and not is_column(value)):
        return node
    return dict(substituted(body["expr"], {parameter: value}))


_RULES: dict[object, Callable[[Node], Node]] = {
    "COMPARE_EQUAL": _compared,
    "COMPARE_NOTEQUAL": _compared,
    "COMPARE_IN": _listed,
    "CONJUNCTION_AND": _joined,
    "CONJUNCTION_OR": _joined,
    "OPERATOR_CAST": _cast,
    "OPERATOR_COALESCE": _first,
    "ARRAY_EXTRACT": _applied,
    "~~": _like,
}
