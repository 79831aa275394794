"""One template: its parameters, variables, resources, modules and outputs."""

from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from infra.checks.syntax import line_of, properties_of


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """Something with a name.

    Attributes:
        target: the type and version of a resource, or the path of a module.
        value: what it is, without `if` and `for`; None for a parameter without a default.
        owner: the resource in which this one stands.
    """

    kind: str
    name: str
    node: Node
    value: Node | None
    target: str = ""
    primitive: str = ""
    decorators: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None
    is_existing: bool = False
    is_loop: bool = False
    owner: "Declaration | None" = None

    @property
    def line(self) -> int:
        """Where it stands."""
        return line_of(self.node)

    @property
    def properties(self) -> dict[str, Node]:
        """The properties of a resource or a module."""
        return properties_of(self.value) if self.value is not None and self.value.type == "object" else {}

    @property
    def type_name(self) -> str:
        """The full type of a resource, `Microsoft.X/a/b`."""
        own = self.target.partition("@")[0]
        return f"{self.owner.type_name}/{own}" if self.owner and "/" not in own else own

    @property
    def version(self) -> str:
        """The API version of a resource; one that stands in another may leave it out."""
        own = self.target.partition("@")[2]
        return own or (self.owner.version if self.owner else "")


@dataclass(frozen=True, slots=True)
class Template:
    """A file of Bicep."""

    path: Path
    name: str  # from the folder of the templates
    root: Node
    scope: str
    declarations: tuple[Declaration, ...] = field(default=())

    def of(self, *kinds: str) -> dict[str, Declaration]:
        """Return what is declared of some kinds, by name; not what stands inside of a resource."""
        return {one.name: one for one in self.declarations if one.kind in kinds and one.owner is None}

    def resources(self) -> list[Declaration]:
        """Return all resources, those inside of others too."""
        return [one for one in self.declarations if one.kind == "resource"]

    def nested(self, owner: Declaration) -> dict[str, Declaration]:
        """Return the resources that stand in another."""
        return {one.name: one for one in self.declarations if one.owner is owner}
