"""Hold the properties of a resource to its published shape."""

from collections.abc import Iterator

from tree_sitter import Node

from infra.checks.fault import Fault, Rule
from infra.checks.resolve import Resolver, Value
from infra.checks.shapes import Property, Shape
from infra.checks.syntax import is_computed, keys_of, line_of, literal_of, named, properties_of

# What Bicep itself adds to a resource.
_OF_BICEP = {"parent", "scope", "dependsOn"}


class ValueCheck:
    """Checks the values of one template."""

    def __init__(self, name: str, resolver: Resolver) -> None:
        """Take the name of the template for what is reported."""
        self._name = name
        self._resolver = resolver

    def resource(self, node: Node, body: Shape) -> Iterator[Fault]:
        """Check the body of a resource that is deployed."""
        yield from self._objects([node], body, "", _OF_BICEP)

    def value(self, node: Node, shape: Shape, path: str) -> Iterator[Fault]:
        """Check everything that an expression can be."""
        for value in self._resolver.values(node):
            yield from self._value(node, value, shape, path)

    def _value(self, place: Node, value: Value, shape: Shape, path: str) -> Iterator[Fault]:
        if shape.kind == "any" or value.kind in {"", "null"}:
            return
        if value.kind != shape.kind:
            yield self._fault(place, Rule.WRONG_KIND, f"{path} is of kind {value.kind}, not {shape.kind}")
        elif shape.kind == "object":
            yield from self._object_value(value, shape, path)
        elif shape.kind == "array":
            yield from self._array(value, shape.element, path)
        else:
            yield from self._text(place, value, shape, path)

    def _object_value(self, value: Value, shape: Shape, path: str) -> Iterator[Fault]:
        if value.node is not None:
            yield from self._objects([value.node], shape, path, set())
        elif value.merged:
            parts = [self._resolver.values(part) for part in value.merged]
            nodes = [one.node for part in parts for one in part if one.node is not None]
            yield from self._objects(nodes, shape, path, set(), is_whole=len(nodes) == sum(map(len, parts)))

    def _array(self, value: Value, element: Shape, path: str) -> Iterator[Fault]:
        if value.node is not None and value.node.type == "for_statement":
            yield from self.value(named(value.node)[-1], element, f"{path}[]")
        elif value.node is not None:
            for part in named(value.node):
                yield from self.value(part, element, f"{path}[]")
        for part in value.merged:
            for inner in self._resolver.values(part):
                yield from self._array(inner, element, path)

    def _text(self, place: Node, value: Value, shape: Shape, path: str) -> Iterator[Fault]:
        known = shape.values
        literal = literal_of(value.node)
        texts = value.allowed if literal is None else (literal,)
        if known is None or texts is None:
            return
        for text in texts:
            if text not in known:
                where = value.node if value.node is not None else place
                yield self._fault(
                    where, Rule.UNKNOWN_VALUE, f"{path} is {text!r}; known are {', '.join(known)}"
                )

    def _objects(
        self, nodes: list[Node], shape: Shape, path: str, extra: set[str], *, is_whole: bool = True
    ) -> Iterator[Fault]:
        """Check an object, or several that become one."""
        variant = self._variant(nodes, shape)
        if shape.discriminator and variant is not None and variant not in shape.variants:
            text = f"{_join(path, shape.discriminator)} is {variant!r}; known are {', '.join(shape.variants)}"
            yield self._fault(nodes[0], Rule.UNKNOWN_VALUE, text)
            return
        members = shape.properties(variant)
        names: set[str] = set()
        for node in nodes:
            names |= set(properties_of(node))
            yield from self._members(node, shape, members, path, extra)
        for name, member in members.items():
            if is_whole and member.is_required and not member.is_read_only and name not in names:
                yield self._fault(nodes[0], Rule.MISSING_PROPERTY, f"{_join(path, name)} is required")

    def _members(
        self, node: Node, shape: Shape, members: dict[str, Property], path: str, extra: set[str]
    ) -> Iterator[Fault]:
        keys = keys_of(node)
        for name, part in properties_of(node).items():
            place, member = _join(path, name), members.get(name)
            if name in extra and member is None:
                continue
            if member is not None and member.is_read_only:
                yield self._fault(keys[name], Rule.READ_ONLY, f"{place} is set by Azure")
            elif member is not None:
                yield from self.value(part, member.shape, place)
            elif shape.additional is not None:
                yield from self.value(part, shape.additional, place)
            elif not is_computed(keys[name]):
                yield self._fault(keys[name], Rule.UNKNOWN_PROPERTY, f"there is no {place}")

    def _variant(self, nodes: list[Node], shape: Shape) -> str | None:
        name = shape.discriminator
        for node in nodes:
            part = properties_of(node).get(name) if name else None
            if part is not None:
                values = self._resolver.values(part)
                return literal_of(values[0].node) if len(values) == 1 else None
        return None

    def _fault(self, node: Node, rule: Rule, text: str) -> Fault:
        return Fault(self._name, line_of(node), rule, text)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
