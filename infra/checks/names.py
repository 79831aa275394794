"""What a name in an expression stands for: a resource, a module, or the element of a loop."""

from collections.abc import Mapping

from tree_sitter import Node

from infra.checks.syntax import field, named, text_of
from infra.checks.template import Declaration


def declared_of(node: Node, names: Mapping[str, Declaration]) -> Declaration | None:
    """Return the resource or module that an expression names, alone or as one of a loop."""
    if node.type == "subscript_expression":
        node = field(node, "object")
    if node.type != "identifier" or loop_over(node) is not None:
        return None
    declared = names.get(text_of(node))
    return declared if declared is not None and declared.kind in {"resource", "module"} else None


def is_outputs(node: Node, names: Mapping[str, Declaration]) -> bool:
    """Tell whether an expression is the outputs of a module."""
    if node.type != "member_expression" or text_of(field(node, "property")) != "outputs":
        return False
    owner = declared_of(field(node, "object"), names)
    return owner is not None and owner.kind == "module"


def loop_over(node: Node) -> Node | None:
    """Return the array whose elements an identifier stands for, or None where it is no variable of a loop."""
    name, inner, place = text_of(node), node, node.parent
    while place is not None:
        if place.type == "for_statement":
            parts = named(place)
            if inner.id == parts[-1].id and name in loop_names(parts[0]):
                return parts[-2]
        inner, place = place, place.parent
    return None


def loop_names(node: Node) -> list[str]:
    """Return the variables of a loop: the element, and its number where it is wanted."""
    return [text_of(part) for part in named(node)] if node.type == "for_loop_parameters" else [text_of(node)]
