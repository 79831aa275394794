"""Hold names to what is declared: symbols, functions, members of resources."""

from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from infra.checks.fault import Fault, Rule
from infra.checks.functions import DECORATORS, FUNCTIONS, MEMBERS
from infra.checks.names import declared_of, loop_over
from infra.checks.resolve import Resolver
from infra.checks.syntax import field, line_of, named, text_of, walk
from infra.checks.template import Declaration, Template

_ANY_RESOURCE = {"id", "name", "type", "apiVersion", "location", "tags"}
_OF_A_MODULE = {"name", "outputs"}


def declared_twice(template: Template) -> Iterator[Fault]:
    """Name what is declared more than once."""
    kinds = {"parameter", "variable", "resource", "module"}
    held = [one for one in template.declarations if one.owner is None and one.kind in kinds]
    counts = Counter(one.name for one in held)
    for name, count in counts.items():
        if count > 1:
            second = [one for one in held if one.name == name][1]
            yield Fault(template.name, second.line, Rule.DECLARED_TWICE, f"{name} is declared {count} times")


def symbol_faults(template: Template) -> Iterator[Fault]:
    """Name symbols and functions that nobody declares, and what is declared and never used."""
    names = template.of("parameter", "variable", "resource", "module")
    used: set[str] = set()
    for node in walk(template.root):
        if node.type == "call_expression":
            yield from _function_faults(template, node)
        elif node.type == "resource_expression":
            yield from _nested_faults(template, node, names)
        if node.type == "identifier" and _is_use(node):
            used.add(text_of(node))
            if text_of(node) not in names and loop_over(node) is None and not _is_sibling(template, node):
                yield Fault(
                    template.name, line_of(node), Rule.UNKNOWN_SYMBOL, f"nothing is named {text_of(node)}"
                )
    for one in names.values():
        if one.kind in {"parameter", "variable"} and one.name not in used:
            yield Fault(template.name, one.line, Rule.UNUSED_SYMBOL, f"{one.kind} {one.name} is not used")


def member_faults(template: Template, resolver: Resolver) -> Iterator[Fault]:
    """Name what is read of a resource, a module or a place of deployment that does not have it."""
    names = template.of("resource", "module")
    for node in walk(template.root):
        if node.type == "member_expression" and not _is_method(node):
            text = _wrong_member(node, names, resolver)
            if text:
                yield Fault(template.name, line_of(node), Rule.UNKNOWN_MEMBER, text)


def _wrong_member(node: Node, names: dict[str, Declaration], resolver: Resolver) -> str:
    base, name = field(node, "object"), text_of(field(node, "property"))
    if base.type == "call_expression":
        function = text_of(field(base, "function"))
        return f"{function}() has no {name}" if name not in MEMBERS.get(function, {name}) else ""
    owner = declared_of(base, names)
    if owner is not None and owner.kind == "module":
        return "" if name in _OF_A_MODULE else f"the module {owner.name} has no {name}"
    shape = resolver.shape_of(base)
    if shape is None or shape.kind != "object" or (owner is not None and name in _ANY_RESOURCE):
        return ""
    is_known = name in shape.properties() or shape.additional is not None
    return "" if is_known else f"{text_of(base)} has no {name}"


def _function_faults(template: Template, node: Node) -> Iterator[Fault]:
    function = field(node, "function")
    name = text_of(function)
    if function.type == "member_expression":
        method = text_of(field(function, "property"))
        is_known = method.startswith("list") or method == "getSecret"
    elif node.parent is not None and node.parent.type == "decorator":
        is_known = name in DECORATORS
    else:
        is_known = name in FUNCTIONS
    if not is_known:
        yield Fault(template.name, line_of(node), Rule.UNKNOWN_FUNCTION, f"there is no function {name}")


def _nested_faults(template: Template, node: Node, names: dict[str, Declaration]) -> Iterator[Fault]:
    base, name = field(node, "object"), text_of(field(node, "resource"))
    if base.type == "resource_expression":
        return  # looked at by itself; what it leads to is checked where it begins
    owner = names.get(text_of(base))
    if owner is None or name not in template.nested(owner):
        yield Fault(
            template.name, line_of(node), Rule.UNKNOWN_SYMBOL, f"{text_of(base)} has no resource {name}"
        )


def _is_use(node: Node) -> bool:
    """Tell whether an identifier names something, and is no key, declaration or word of the grammar."""
    parent = node.parent
    if parent is None:
        return False
    uses = {
        "object_property": lambda: len(named(parent)) == 2 and node.id == named(parent)[1].id,
        "resource_expression": lambda: node.id == field(parent, "object").id,
        "call_expression": lambda: node.id != field(parent, "function").id,
        "for_statement": lambda: node.id != named(parent)[0].id,
    }
    if parent.type in uses:
        return uses[parent.type]()
    if parent.type.endswith("_declaration"):
        return node.id != named(parent)[0].id
    return parent.type not in {"type", "primitive_type", "lambda_expression", "parameter"}


def _is_sibling(template: Template, node: Node) -> bool:
    """Tell whether a resource inside of another names one beside it, which needs no `::`."""
    return any(one.owner is not None and one.name == text_of(node) for one in template.resources())


def _is_method(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "call_expression" and field(parent, "function").id == node.id
