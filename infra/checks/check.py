"""Check every template of a folder."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.checks.fault import Fault
from infra.checks.modules import module_faults, output_faults, secret_faults
from infra.checks.read import read_template
from infra.checks.resolve import Resolver
from infra.checks.resources import parent_faults, scope_faults, type_faults
from infra.checks.shapes import Shape, Shapes
from infra.checks.subset import subset_faults
from infra.checks.symbols import declared_twice, member_faults, symbol_faults
from infra.checks.syntax import syntax_faults
from infra.checks.template import Declaration, Template
from infra.checks.values import ValueCheck


def templates_of(folder: Path) -> dict[Path, Template]:
    """Read all templates of a folder."""
    return {file.resolve(): read_template(file, folder) for file in sorted(folder.rglob("*.bicep"))}


def check_folder(folder: Path, shapes: Shapes) -> list[Fault]:
    """Return what is wrong with the templates of a folder, by file and line."""
    templates = templates_of(folder)
    return sorted({fault for template in templates.values() for fault in _check(template, templates, shapes)})


def _check(template: Template, templates: Mapping[Path, Template], shapes: Shapes) -> Iterator[Fault]:
    faults = syntax_faults(template.root, template.name)
    yield from faults
    yield from subset_faults(template)
    if faults:
        return  # what follows would only say the same again
    targets = {name: target_of(template, module, templates) for name, module in template.of("module").items()}
    outputs = {name: _outputs(target) for name, target in targets.items()}
    bodies = _bodies(template, shapes)
    resolver = Resolver(template, outputs, bodies)
    yield from declared_twice(template)
    yield from symbol_faults(template)
    yield from member_faults(template, resolver)
    yield from type_faults(template, shapes)
    yield from parent_faults(template)
    yield from scope_faults(template)
    yield from module_faults(template, targets, resolver)
    yield from output_faults(template, {name: held for name, held in outputs.items() if targets[name]})
    yield from secret_faults(template)
    values = ValueCheck(template.name, resolver)
    for resource, body in bodies.items():
        if not resource.is_existing and resource.value is not None:
            yield from values.resource(resource.value, body)


def target_of(template: Template, module: Declaration, templates: Mapping[Path, Template]) -> Template | None:
    """Return the template that a module names."""
    return templates.get((template.path.parent / module.target).resolve())


def _outputs(target: Template | None) -> dict[str, str]:
    return {name: one.primitive for name, one in target.of("output").items()} if target else {}


def _bodies(template: Template, shapes: Shapes) -> dict[Declaration, Shape]:
    bodies = {one: shapes.body(one.type_name, one.version) for one in template.resources()}
    return {one: body for one, body in bodies.items() if body is not None}
