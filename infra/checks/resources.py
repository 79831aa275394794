"""Hold resources to what Azure knows: their type, version, parent and scope."""

from collections.abc import Iterator

from tree_sitter import Node

from infra.checks.fault import Fault, Rule
from infra.checks.names import loop_over
from infra.checks.shapes import Shapes
from infra.checks.syntax import literal_of, text_of
from infra.checks.template import Declaration, Template

# What may be deployed to a subscription itself; all else is of a group.
_OF_A_SUBSCRIPTION = {
    "microsoft.resources/resourcegroups",
    "microsoft.resources/tags",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.insights/diagnosticsettings",
}
# What may belong to any other resource.
_EXTENSIONS = {
    "microsoft.authorization/roleassignments",
    "microsoft.insights/diagnosticsettings",
    "microsoft.resources/tags",
}
_PLACES = ("resourceGroup(", "subscription(", "tenant(", "managementGroup(")


def type_faults(template: Template, shapes: Shapes) -> Iterator[Fault]:
    """Name types and versions that are not published."""
    for resource in template.resources():
        versions = shapes.versions(resource.type_name)
        if not versions:
            yield _fault(template, resource, Rule.UNKNOWN_TYPE, f"there is no type {resource.type_name}")
        elif resource.version not in versions:
            text = f"{resource.type_name} has no version {resource.version or '(none)'}; it has {', '.join(versions)}"
            yield _fault(template, resource, Rule.UNKNOWN_VERSION, text)


def parent_faults(template: Template) -> Iterator[Fault]:
    """Name resources that hang on the wrong resource, or on none."""
    names = template.of("resource")
    for resource in template.resources():
        above = resource.type_name.rpartition("/")[0]
        depth = resource.type_name.count("/") - 1
        parent = resource.properties.get("parent")
        if parent is not None:
            owner = _resource_of(parent, template, names)
            if owner is None or owner.type_name.lower() != above.lower():
                found = owner.type_name if owner else text_of(parent)
                text = f"the parent of {resource.name} is {found}, not {above}"
                yield _fault(template, resource, Rule.WRONG_PARENT, text)
        elif depth and resource.owner is None and not _has_whole_name(resource, depth):
            yield _fault(template, resource, Rule.WRONG_PARENT, f"{resource.name} has no parent {above}")


def scope_faults(template: Template) -> Iterator[Fault]:
    """Name resources that cannot stand where they do."""
    names = template.of("resource")
    for resource in template.resources():
        if resource.owner is not None or "parent" in resource.properties:
            continue
        text = _wrong_scope(resource, template, names)
        if text:
            yield _fault(template, resource, Rule.WRONG_SCOPE, f"{resource.name} {text}")


def _wrong_scope(resource: Declaration, template: Template, names: dict[str, Declaration]) -> str:
    kind, scope = resource.type_name.lower(), resource.properties.get("scope")
    if scope is None:
        at_home = kind in _OF_A_SUBSCRIPTION if template.scope == "subscription" else True
        if kind == "microsoft.resources/resourcegroups" and template.scope != "subscription":
            return "is a group, which is deployed to a subscription"
        return "" if at_home or resource.is_existing else "is not deployed to a subscription"
    if text_of(scope).startswith(_PLACES):
        return "" if resource.is_existing else "is deployed elsewhere, which only a module can be"
    owner = _resource_of(scope, template, names)
    if owner is None:
        return f"has the scope {text_of(scope)}, which is no resource"
    is_group = owner.type_name.lower() == "microsoft.resources/resourcegroups"
    if is_group:
        return "" if resource.is_existing else "is deployed elsewhere, which only a module can be"
    return "" if kind in _EXTENSIONS else f"cannot belong to {owner.name}"


def _resource_of(node: Node, template: Template, names: dict[str, Declaration]) -> Declaration | None:
    if node.type == "resource_expression":
        first, _, second = text_of(node).partition("::")
        owner = names.get(first)
        for name in second.split("::"):
            owner = template.nested(owner).get(name) if owner else None
        return owner
    base = text_of(node).partition("[")[0]
    return None if loop_over(node) is not None else names.get(base)


def _has_whole_name(resource: Declaration, depth: int) -> bool:
    name = resource.properties.get("name")
    text = literal_of(name) if name is not None else None
    return (text or (text_of(name) if name is not None else "")).count("/") >= depth


def _fault(template: Template, resource: Declaration, rule: Rule, text: str) -> Fault:
    return Fault(template.name, resource.line, rule, text)
