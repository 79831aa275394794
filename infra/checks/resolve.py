"""Follow an expression to what it can be: literals, objects and arrays of the template, or at least their kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from infra.checks.functions import FUNCTIONS
from infra.checks.names import declared_of, is_outputs, loop_over
from infra.checks.shapes import Shape
from infra.checks.syntax import field, named, properties_of, text_of
from infra.checks.template import Declaration, Template

_LITERALS = {"string": "string", "number": "int", "boolean": "bool", "object": "object", "array": "array"}
_TRUTH = {"==", "!=", "=~", "!~", "<", "<=", ">", ">=", "&&", "||"}


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that an expression can be.

    Attributes:
        kind: `string`, `int`, `bool`, `object`, `array`, `null`, or empty where it is not known.
        node: the literal, object or array itself.
        allowed: the only texts that it can be.
        merged: the objects or arrays that `union` or `concat` puts together.
    """

    kind: str
    node: Node | None = None
    allowed: tuple[str, ...] | None = None
    merged: tuple[Node, ...] = ()


UNKNOWN = Value("")


class Resolver:
    """Follows the expressions of one template."""

    def __init__(
        self,
        template: Template,
        outputs: Mapping[str, Mapping[str, str]],
        bodies: Mapping[Declaration, Shape],
    ) -> None:
        """Take what the template's modules answer, by module and output, and the shapes of its resources."""
        self._names = template.of("parameter", "variable", "resource", "module")
        self._outputs = outputs
        self._bodies = bodies

    def values(self, node: Node) -> list[Value]:
        """Return everything that an expression can be."""
        follow = getattr(self, f"_{node.type}", None)
        if follow is not None:
            return list(follow(node))
        kind = _LITERALS.get(node.type)
        return [Value(kind, node)] if kind else [Value("null")] if node.type == "null" else [UNKNOWN]

    def _parenthesized_expression(self, node: Node) -> list[Value]:
        return self.values(named(node)[0])

    def _nullable_type(self, node: Node) -> list[Value]:
        return self.values(named(node)[0])

    def _if_statement(self, node: Node) -> list[Value]:
        return self.values(named(node)[-1])

    def _for_statement(self, node: Node) -> list[Value]:
        return [Value("array", node)]

    def _ternary_expression(self, node: Node) -> list[Value]:
        return self.values(field(node, "consequence")) + self.values(field(node, "alternative"))

    def _unary_expression(self, node: Node) -> list[Value]:
        return [Value("bool" if text_of(field(node, "operator")) == "!" else "int")]

    def _binary_expression(self, node: Node) -> list[Value]:
        operator = text_of(field(node, "operator"))
        if operator == "??":
            return self.values(field(node, "left")) + self.values(field(node, "right"))
        return [Value("bool" if operator in _TRUTH else "int")]

    def _call_expression(self, node: Node) -> list[Value]:
        name = text_of(field(node, "function"))
        arguments = named(field(node, "arguments"))
        if name in {"union", "concat"}:
            return [Value(self._merged_kind(name, arguments), None, merged=tuple(arguments))]
        return [Value(FUNCTIONS.get(name, ""))]

    def _merged_kind(self, name: str, arguments: list[Node]) -> str:
        """Return what is put together: `union` takes arrays too, and `concat` nothing else."""
        kinds = {value.kind for argument in arguments for value in self.values(argument)}
        return "array" if name == "concat" or kinds == {"array"} else "object"

    def _identifier(self, node: Node) -> Iterator[Value]:
        loop = loop_over(node)
        if loop is not None:
            yield from self._elements(loop)
            return
        declared = self._names.get(text_of(node))
        if declared is None:
            yield UNKNOWN
        elif declared.kind == "variable" and declared.value is not None:
            yield from self.values(declared.value)
        elif declared.kind == "parameter":
            yield Value(declared.primitive, allowed=declared.allowed)
        else:
            yield Value("array" if declared.is_loop else "object")

    def _elements(self, array: Node) -> Iterator[Value]:
        for value in self.values(array):
            if value.node is None or value.node.type != "array":
                yield UNKNOWN
                continue
            for element in named(value.node):
                yield from self.values(element)

    def _subscript_expression(self, node: Node) -> list[Value]:
        elements = list(self._elements(field(node, "object")))
        return elements or [UNKNOWN]

    def _member_expression(self, node: Node) -> Iterator[Value]:
        base, name = field(node, "object"), text_of(field(node, "property"))
        owner = declared_of(base, self._names)
        if owner is not None and owner.kind == "resource":
            yield Value("string" if name in {"id", "name", "type", "apiVersion"} else "")
        elif is_outputs(base, self._names):
            module = text_of(field(base, "object"))
            yield Value(self._outputs.get(module, {}).get(name, ""))
        else:
            shape = self.shape_of(node)
            if shape is not None:
                yield Value("" if shape.kind == "any" else shape.kind, allowed=shape.values)
                return
            yield from self._members(base, name)

    def _members(self, base: Node, name: str) -> Iterator[Value]:
        for value in self.values(base):
            member = (
                properties_of(value.node).get(name) if value.node and value.node.type == "object" else None
            )
            if member is None:
                yield UNKNOWN
            else:
                yield from self.values(member)

    def shape_of(self, node: Node) -> Shape | None:
        """Return the shape of what is read of a resource, or None where that is not known."""
        if node.type != "member_expression":
            owner = declared_of(node, self._names)
            return self._bodies.get(owner) if owner is not None else None
        shape, name = self.shape_of(field(node, "object")), text_of(field(node, "property"))
        if shape is None or shape.kind != "object":
            return None
        member = shape.properties().get(name)
        return member.shape if member else shape.additional
