"""Read a template from its tree."""

from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from infra.checks.syntax import literal_of, named, parse, text_of, walk
from infra.checks.template import Declaration, Template

_DECLARATIONS = {
    "parameter_declaration": "parameter",
    "variable_declaration": "variable",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}


def read_template(path: Path, folder: Path) -> Template:
    """Read one file."""
    root = parse(path)
    scope = next((child for child in root.children if child.type == "target_scope_assignment"), None)
    targets = [literal_of(child) for child in scope.children if child.type == "string"] if scope else []
    declarations = tuple(_declarations(root, None))
    name = path.relative_to(folder).as_posix()
    return Template(path, name, root, (targets or ["resourceGroup"])[0] or "", declarations)


def _declarations(place: Node, owner: Declaration | None) -> Iterator[Declaration]:
    decorators: list[Node] = []
    for node in place.named_children:
        if node.type == "decorators":
            decorators = [part for part in walk(node) if part.type == "call_expression"]
        elif node.type in _DECLARATIONS:
            declaration = _declaration(node, decorators, owner)
            decorators = []
            yield declaration
            yield from _inside(declaration)


def _inside(declaration: Declaration) -> Iterator[Declaration]:
    if declaration.kind == "resource" and declaration.value is not None:
        for part in declaration.value.named_children:
            yield from _declarations(part, declaration)


def _declaration(node: Node, decorators: list[Node], owner: Declaration | None) -> Declaration:
    parts = named(node)
    strings = [part for part in node.children if part.type == "string"]
    kind = _DECLARATIONS[node.type]
    is_placed = kind in {"resource", "module"}
    value = _after_equals(node)
    return Declaration(
        kind,
        text_of(parts[0]),
        node,
        _body(value),
        target=(literal_of(strings[0]) or "") if is_placed and strings else "",
        primitive=next((text_of(part) for part in parts if part.type == "type"), ""),
        decorators=tuple(text_of(part).partition("(")[0] for part in decorators),
        allowed=_allowed(decorators),
        is_existing=any(child.type == "existing" for child in node.children),
        is_loop=value is not None and value.type == "for_statement",
        owner=owner,
    )


def _after_equals(node: Node) -> Node | None:
    for place, child in enumerate(node.children):
        if child.type == "=":
            return next((part for part in node.children[place + 1 :] if part.is_named), None)
    return None


def _body(value: Node | None) -> Node | None:
    """Return what a loop repeats and a condition guards; a loop of a variable stays whole."""
    while value is not None and value.type in {"for_statement", "if_statement"}:
        inner = value.child_by_field_name("body") if value.type == "for_statement" else named(value)[-1]
        if inner is None or inner.type not in {"object", "if_statement"}:
            return value
        if (
            value.type == "for_statement"
            and value.parent is not None
            and value.parent.type == "variable_declaration"
        ):
            return value
        value = inner
    return value


def _allowed(decorators: list[Node]) -> tuple[str, ...] | None:
    for decorator in decorators:
        if text_of(decorator).startswith("allowed("):
            literals = (literal_of(part) for part in walk(decorator) if part.type == "string")
            return tuple(literal for literal in literals if literal is not None)
    return None
