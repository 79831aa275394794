"""Read Bicep: the tree of a file, and what its nodes say."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from infra.checks.fault import Fault, Rule

_PARSER = Parser(Language(tree_sitter_bicep.language()))


def parse(file: Path) -> Node:
    """Return the root of a file's tree, which may hold errors."""
    return _PARSER.parse(file.read_bytes()).root_node


def syntax_faults(root: Node, name: str) -> list[Fault]:
    """Name each place that is not Bicep."""
    return [
        Fault(name, line_of(node), Rule.SYNTAX, f"not understood: {text_of(node)[:60]!r}")
        for node in walk(root)
        if node.type == "ERROR" or node.is_missing or _is_misread(node)
    ]


def _is_misread(node: Node) -> bool:
    """Tell a call in an array on one line, `[subscription().id]`, which the grammar takes for two elements."""
    return node.type == "parenthesized_expression" and not node.named_children


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def text_of(node: Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    """Return the line on which a node begins."""
    return int(node.start_point.row) + 1


def literal_of(node: Node | None) -> str | None:
    """Return the text of a string without interpolation, or None."""
    if node is None or node.type != "string" or any(part.type == "interpolation" for part in node.children):
        return None
    parts = (part for part in node.children if part.type in {"string_content", "escape_sequence"})
    return "".join(
        text_of(part).replace("\\'", "'") if part.type == "escape_sequence" else text_of(part)
        for part in parts
    )


def named(node: Node) -> list[Node]:
    """Return the named children of a node, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def properties_of(node: Node) -> dict[str, Node]:
    """Return the values of an object by key; a key that is computed stands as it is written."""
    pairs = (named(child) for child in node.named_children if child.type == "object_property")
    return {key_of(pair[0]): pair[1] for pair in pairs if len(pair) == 2}


def keys_of(node: Node) -> dict[str, Node]:
    """Return the nodes of an object's keys, by key."""
    pairs = (named(child) for child in node.named_children if child.type == "object_property")
    return {key_of(pair[0]): pair[0] for pair in pairs if len(pair) == 2}


def key_of(node: Node) -> str:
    """Return a key as the object has it."""
    literal = literal_of(node)
    return text_of(node) if literal is None else literal


def is_computed(key: Node) -> bool:
    """Tell whether a key is known only when the template runs."""
    return key.type == "string" and literal_of(key) is None


def field(node: Node, name: str) -> Node:
    """Return a part of a node that the grammar promises."""
    part = node.child_by_field_name(name)
    assert part is not None, f"{node.type} has no {name}"
    return part
