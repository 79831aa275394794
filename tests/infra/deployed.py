"""What the templates deploy, as plain values."""

import re
from collections.abc import Iterator

from mended import TEMPLATES

from infra.checks.check import templates_of
from infra.checks.resolve import Resolver
from infra.checks.syntax import literal_of, properties_of, text_of, walk
from infra.checks.template import Declaration, Template


def template(name: str) -> Template:
    return templates_of(TEMPLATES)[TEMPLATES / name]


def settings_of(app: Template) -> dict[str, str]:
    """Return the settings of the function app: each as the text of its expression."""
    (settings,) = (one for one in app.resources() if one.type_name == "Microsoft.Web/sites/config")
    return {name: text_of(value) for name, value in properties_of(settings.properties["properties"]).items()}


def literals_in(one: Declaration) -> list[str]:
    """Return all literal texts of a declaration."""
    return [text for text in (literal_of(node) for node in walk(one.node) if node.type == "string") if text]


def objects_of(one: Template, variable: str) -> Iterator[dict[str, str]]:
    """Return the literal members of the objects of a variable that is an array."""
    resolver = Resolver(one, {}, {})
    for value in resolver.values(one.of("variable")[variable].value):
        for node in value.node.named_children:
            if node.type == "object":
                members = properties_of(node)
                yield {name: literal_of(part) or text_of(part) for name, part in members.items()}


def addresses(one: Template) -> list[str]:
    """Return the paths below `/api` to which a template sends something."""
    texts = [text_of(node) for node in walk(one.root) if node.type == "string"]
    return [match[1] for text in texts if (match := re.search(r"defaultHostName\}(/api/[^'?]*)", text))]
