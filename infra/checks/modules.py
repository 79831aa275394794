"""Hold modules to each other: their files, parameters, outputs and scopes; and keep secrets out of outputs."""

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from infra.checks.fault import Fault, Rule
from infra.checks.names import is_outputs
from infra.checks.resolve import Resolver
from infra.checks.syntax import field, keys_of, line_of, literal_of, properties_of, text_of, walk
from infra.checks.template import Declaration, Template

_LISTED = re.compile(r"\blist[A-Z]\w*\(|\blist[A-Z]\w*\b")


def module_faults(
    template: Template, targets: Mapping[str, Template | None], resolver: Resolver
) -> Iterator[Fault]:
    """Name modules that are missing or get what they do not take."""
    for module in template.of("module").values():
        target = targets[module.name]
        if target is None:
            yield Fault(template.name, module.line, Rule.MISSING_MODULE, f"there is no file {module.target}")
            continue
        yield from _parameter_faults(template, module, target, resolver)
        text = _wrong_scope(template, module, target)
        if text:
            yield Fault(template.name, module.line, Rule.WRONG_SCOPE, f"the module {module.name} {text}")


def _parameter_faults(
    template: Template, module: Declaration, target: Template, resolver: Resolver
) -> Iterator[Fault]:
    params = module.properties.get("params")
    given = properties_of(params) if params is not None and params.type == "object" else {}
    keys = keys_of(params) if params is not None else {}
    taken = target.of("parameter")
    for name, value in given.items():
        if name not in taken:
            text = f"{module.target} takes no parameter {name}"
            yield Fault(template.name, line_of(keys[name]), Rule.UNKNOWN_PARAMETER, text)
        else:
            for rule, text in _wrong_values(taken[name], value, resolver):
                yield Fault(template.name, line_of(keys[name]), rule, text)
    for name, parameter in taken.items():
        if parameter.value is None and name not in given:
            text = f"{module.target} needs the parameter {name}"
            yield Fault(template.name, module.line, Rule.MISSING_PARAMETER, text)


def _wrong_values(parameter: Declaration, node: Node, resolver: Resolver) -> Iterator[tuple[Rule, str]]:
    for value in resolver.values(node):
        literal = literal_of(value.node)
        texts = value.allowed if literal is None else (literal,)
        if value.kind not in {"", "null", parameter.primitive}:
            yield Rule.WRONG_KIND, f"{parameter.name} is of kind {value.kind}, not {parameter.primitive}"
        elif parameter.allowed is not None and texts is not None and set(texts) - set(parameter.allowed):
            known = ", ".join(parameter.allowed)
            yield Rule.UNKNOWN_VALUE, f"{parameter.name} is {', '.join(texts)}; known are {known}"


def _wrong_scope(template: Template, module: Declaration, target: Template) -> str:
    scope = module.properties.get("scope")
    text = text_of(scope) if scope is not None else ""
    place = template.scope
    if text.startswith("subscription("):
        place = "subscription"
    elif text:
        declared = template.of("resource").get(text)
        is_group = declared is not None and declared.type_name.lower() == "microsoft.resources/resourcegroups"
        if not is_group and not text.startswith("resourceGroup("):
            return f"has the scope {text}, which is no place to deploy to"
        place = "resourceGroup"
    return "" if place == target.scope else f"is deployed to a {place}, and is written for a {target.scope}"


def output_faults(template: Template, outputs: Mapping[str, Mapping[str, str]]) -> Iterator[Fault]:
    """Name outputs that are read and not there."""
    names = template.of("module")
    for node in walk(template.root):
        if node.type == "member_expression" and is_outputs(field(node, "object"), names):
            module = text_of(field(field(node, "object"), "object")).partition("[")[0]
            name = text_of(field(node, "property"))
            if name not in outputs.get(module, {}):
                text = f"the module {module} has no output {name}"
                yield Fault(template.name, line_of(node), Rule.UNKNOWN_OUTPUT, text)


def secret_faults(template: Template) -> Iterator[Fault]:
    """Name outputs that show a secret, and secrets that stand in the template."""
    parameters = template.of("parameter")
    secrets = {name for name, one in parameters.items() if "secure" in one.decorators}
    for output in template.of("output").values():
        if output.value is not None and _shows_secret(output.value, secrets, template):
            text = f"the output {output.name} shows a secret, which the history of deployments keeps"
            yield Fault(template.name, output.line, Rule.SHOWN_IN_OUTPUT, text)
    for name in secrets:
        default = parameters[name].value
        if default is not None and literal_of(default) != "" and text_of(default) != "newGuid()":
            text = f"the secret {name} has a default that everybody can read"
            yield Fault(template.name, parameters[name].line, Rule.SHOWN_IN_TEXT, text)


def _shows_secret(node: Node, secrets: set[str], template: Template) -> bool:
    """Tell whether an expression gives a secret away; to ask whether one is empty does not."""
    if node.type == "call_expression" and text_of(field(node, "function")) in {"empty", "length"}:
        return False
    if node.type == "call_expression" and _LISTED.search(text_of(field(node, "function"))):
        return True
    if node.type == "identifier" and text_of(node) in secrets:
        return True
    variable = template.of("variable").get(text_of(node)) if node.type == "identifier" else None
    if (
        variable is not None
        and variable.value is not None
        and _shows_secret(variable.value, secrets, template)
    ):
        return True
    return any(_shows_secret(child, secrets, template) for child in node.named_children)
