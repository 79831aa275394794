"""Keep templates in the part of Bicep that checkov's parser reads: it says nothing about the rest, and passes it."""

from collections.abc import Iterator

from infra.checks.fault import Fault, Rule
from infra.checks.syntax import line_of, text_of, walk
from infra.checks.template import Template

_OUTSIDE = {
    "array_type": "a parameter of a type like string[]",
    "assert_statement": "an assertion",
    "import_statement": "an import",
    "import_functionality": "an import",
    "import_with_statement": "an extension",
    "lambda_expression": "a lambda",
    "nullable_return_type": "a type that may be null",
    "parameterized_type": "a type with parameters",
    "test_block": "a test",
    "type_declaration": "a type of one's own",
    "union_type": "a type of several values",
    "user_defined_function": "a function of one's own",
    "using_statement": "a file of parameters",
}


def subset_faults(template: Template) -> Iterator[Fault]:
    """Name what checkov would not read."""
    for node in walk(template.root):
        word = _OUTSIDE.get(node.type, "")
        if node.type == "type" and any(child.type == "object" for child in node.children):
            word = "a type that is an object"
        if node.type == "ternary_expression" and "\n" in _between(text_of(node)):
            word = "a choice over several lines"
        if word:
            yield Fault(template.name, line_of(node), Rule.SUBSET, f"{word} is not read by checkov")
    for resource in template.resources():
        if resource.owner is not None and resource.is_loop:
            text = "a loop over a resource inside of another is not read by checkov"
            yield Fault(template.name, resource.line, Rule.SUBSET, text)


def _between(text: str) -> str:
    """Return the text outside of objects and arrays, whose lines are read well."""
    depth, kept = 0, []
    for letter in text:
        depth += (letter in "{[") - (letter in "}]")
        if depth == 0:
            kept.append(letter)
    return "".join(kept)
