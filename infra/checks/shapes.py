"""The published shapes of Azure's resources, by type and API version."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_PRIMITIVES = {"string": "string", "int": "int", "bool": "bool", "any": "any"}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object."""

    shape: "Shape"
    is_required: bool
    is_read_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What a value must be; `raw` is its published form."""

    raw: Any
    definitions: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Return `string`, `int`, `bool`, `any`, `array` or `object`."""
        if isinstance(self.raw, str):
            return _PRIMITIVES[self.raw]
        if "ref" in self.raw:
            return "object"
        return "array" if "arrayOf" in self.raw else "string"

    @property
    def values(self) -> tuple[str, ...] | None:
        """Return the known values of a string, or None where any will do."""
        if not isinstance(self.raw, dict):
            return None
        if "const" in self.raw:
            return (self.raw["const"],)
        known = self.raw.get("enum") or self.raw.get("suggested")
        return tuple(known) if known else None

    @property
    def element(self) -> "Shape":
        """Return the shape of what an array holds."""
        return Shape(self.raw["arrayOf"], self.definitions)

    @property
    def additional(self) -> "Shape | None":
        """Return the shape of properties of any name; None where there are none, or where all that count have names."""
        extra = self._definition.get("additional")
        if extra is None or (extra == "any" and self._definition["properties"]):
            return None
        return Shape(extra, self.definitions)

    @property
    def discriminator(self) -> str | None:
        """Return the property that chooses among variants."""
        return self._definition.get("discriminator")

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the values of the discriminator."""
        return tuple(self._definition.get("variants", ()))

    def properties(self, variant: str | None = None) -> dict[str, Property]:
        """Return the properties of an object, with those of a variant, or of all variants where it is not known."""
        members = dict(self._definition["properties"])
        variants = self._definition.get("variants", {})
        chosen = [variants[variant]] if variant in variants else [] if variant else list(variants.values())
        for other in chosen:
            for name, member in self.definitions[other["ref"]]["properties"].items():
                members[name] = member if variant else {**member, "required": False}
        return {name: self._property(member) for name, member in members.items()}

    def _property(self, member: Mapping[str, Any]) -> Property:
        return Property(
            Shape(member["type"], self.definitions),
            bool(member.get("required")),
            bool(member.get("readOnly")),
        )

    @property
    def _definition(self) -> Mapping[str, Any]:
        definition: Mapping[str, Any] = self.definitions[self.raw["ref"]]
        return definition


class Shapes:
    """All resource types; their names are compared without case, as Azure does."""

    def __init__(self, published: Mapping[str, Any]) -> None:
        """Take the published document."""
        self._types: dict[str, dict[str, Any]] = {}
        for name, versions in published["resources"].items():
            self._types.setdefault(name.lower(), {}).update(versions)

    def versions(self, type_name: str) -> tuple[str, ...]:
        """Return the versions of a type; none for a type that is not known."""
        return tuple(self._types.get(type_name.lower(), ()))

    def body(self, type_name: str, version: str) -> Shape | None:
        """Return the shape of a resource."""
        published = self._types.get(type_name.lower(), {}).get(version)
        return Shape(published["body"], published["definitions"]) if published else None


@cache
def shapes_of(file: Path) -> Shapes:
    """Read the published shapes; they are large, so a process reads them once."""
    return Shapes(json.loads(file.read_text(encoding="utf-8")))
