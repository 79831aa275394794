"""One value of a file of config/, which knows its line."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from shared.errors import InputError
from shared.redaction import redact

SECRET = "what looks like a secret stands here"  # noqa: S105
NAME_ONLY = "at most the name of a setting that holds it"

_TAG = "tag:yaml.org,2002:"
_NAMES = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty",
    "map": "a mapping",
    "seq": "a list",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a file: a text, a number, true or false, nothing, a list or a mapping."""

    file: str
    name: str  # what a refusal calls it, such as `target`
    node: yaml.Node

    @property
    def where(self) -> str:
        """The place, as `file:line`."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    @property
    def is_scalar(self) -> bool:
        """Tell whether it is neither a list nor a mapping."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Tell whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was written."""
        return self.node.tag == f"{_TAG}null"

    def refusal(self, wrong: str, expected: str) -> InputError:
        """Return what is wrong with this value, and what is expected in its place."""
        return InputError(self.where, wrong, expected)

    def mismatch(self, expected: str) -> InputError:
        """Return that this value is of another type than the expected one."""
        name = _NAMES.get(self.node.tag.removeprefix(_TAG), f"of the type {self.node.tag}")
        text = f" ({_shortened(self.scalar())})" if self.is_scalar and self.node.value else ""
        return self.refusal(f"{self.name!r} is {name}{text}", expected)

    def mapping(self, keys: Collection[str] | None = None) -> tuple[dict[str, "Value"], list[InputError]]:
        """Return the values by key, and what is wrong with the other keys; `keys` are those that may stand there.

        Raises:
            InputError: it is not a mapping, or a key is neither a text nor a whole number.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.mismatch("a mapping of keys and values")
        values: dict[str, Value] = {}
        problems = []
        for key_node, node in self.node.value:
            key = Value(self.file, "a key", key_node).key()
            place = Value(self.file, key, key_node)
            if key in values:
                problems.append(place.refusal(f"the key {key!r} stands twice", f"{key!r} once"))
            elif keys is not None and key not in keys:
                problems.append(place.refusal(f"unknown key {key!r}", _nearest(key, keys)))
            else:
                values[key] = Value(self.file, key, node)
        return values, problems

    def at(self, key: str) -> "Value":
        """Return the value of a key that stands in this mapping."""
        return self.mapping()[0][key]

    def items(self) -> tuple["Value", ...]:
        """Return the values of a list.

        Raises:
            InputError: it is not a list.
        """
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.mismatch("a list")
        return tuple(Value(self.file, self.name, node) for node in self.node.value)

    def key(self) -> str:
        """Return a key: a text or a whole number.

        Raises:
            InputError: it is neither.
        """
        if self.node.tag not in {f"{_TAG}str", f"{_TAG}int"}:
            raise self.mismatch("a text or a whole number")
        return self.scalar()

    def plain(self) -> Any:
        """Return the value as Python has it.

        Raises:
            InputError: something in it looks like a secret, or a key stands twice.
        """
        if isinstance(self.node, yaml.MappingNode):
            values, problems = self.mapping()
            if problems:
                raise problems[0]
            return {key: value.plain() for key, value in values.items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [item.plain() for item in self.items()]
        return _plain(self.node.tag.removeprefix(_TAG), self.scalar())

    def scalar(self) -> str:
        """Return a scalar as it was written.

        Raises:
            InputError: it looks like a secret.
        """
        text = str(self.node.value)
        if redact(text) != text:
            raise self.refusal(SECRET, NAME_ONLY)
        return text

    def quoted(self) -> str:
        """Return a scalar as a refusal repeats it: a text in quotation marks and shortened, a number as it is."""
        return _shortened(self.scalar()) if self.node.tag == f"{_TAG}str" else self.scalar()


def _plain(tag: str, text: str) -> Any:
    match tag:
        case "str":
            return text.strip()
        case "int" | "float":
            return _number(text)
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "null":
            return None
    return ...  # a tag of its own, which fits no declaration


def _number(text: str) -> Any:
    """Return a decimal number; YAML 1.1 also has others, such as 0x1F, which fit no declaration."""
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return ...
    return int(number) if number.is_integer() else number


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _nearest(key: str, keys: Collection[str]) -> str:
    near = difflib.get_close_matches(key, keys, n=1)
    return repr(near[0]) if near else f"one of {', '.join(keys)}"
