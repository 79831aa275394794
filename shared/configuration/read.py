"""Read a file of config/ so that every complaint names its line."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from shared.errors import InputError
from shared.redaction import redact

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty",
    "timestamp": "a date",
    "map": "a mapping",
    "seq": "a list",
}
_DURATION = re.compile(r"(?P<number>\d{1,6})\s?(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SECRET = "what looks like a secret stands here"  # noqa: S105
_NAME_ONLY = "at most the name of a setting that holds it"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a file, which knows where it stands and refuses to be read as what it is not."""

    file: str
    name: str  # what a complaint calls it, such as `target`
    node: yaml.Node

    @property
    def where(self) -> str:
        """The place, as `file:line`."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    @property
    def is_text(self) -> bool:
        """Tell whether it is one plain text."""
        return self.node.tag == f"{_TAG}str"

    @property
    def is_list(self) -> bool:
        """Tell whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was written."""
        return self.node.tag == f"{_TAG}null"

    def refusal(self, wrong: str, expected: str) -> InputError:
        """Return the complaint about this value."""
        return InputError(self.where, wrong, expected)

    def mapping(self, known: Collection[str] | None = None) -> dict[str, "Value"]:
        """Return the values by key; `known` are the keys that may stand there.

        Raises:
            InputError: it is no mapping, or a key is unknown or stands twice.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self._no("a mapping of keys and values")
        found: dict[str, Value] = {}
        for key_node, node in self.node.value:
            key = Value(self.file, "a key", key_node).key()
            place = Value(self.file, key, key_node)
            if key in found:
                raise place.refusal(f"the key {key!r} stands twice", f"{key!r} once")
            if known is not None and key not in known:
                raise place.refusal(f"unknown key {key!r}", _one_of(key, known))
            found[key] = Value(self.file, key, node)
        return found

    def items(self) -> tuple["Value", ...]:
        """Return the values of a list.

        Raises:
            InputError: it is no list.
        """
        if not isinstance(self.node, yaml.SequenceNode):
            raise self._no("a list")
        return tuple(Value(self.file, self.name, node) for node in self.node.value)

    def key(self) -> str:
        """Return a key: a text or a whole number.

        Raises:
            InputError: it is neither.
        """
        if self.node.tag not in {f"{_TAG}str", f"{_TAG}int"}:
            raise self._no("a text or a whole number")
        return self._scalar()

    def text(self) -> str:
        """Return a text that is not blank.

        Raises:
            InputError: it is something else, or looks like a secret.
        """
        if not self.is_text:
            raise self._no("a text, in quotation marks if need be")
        if not (text := self._scalar().strip()):
            raise self.refusal(f"{self.name!r} is empty", "a text")
        return text

    def number(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`, both included.

        Raises:
            InputError: it is no such number.
        """
        expected = f"a number from {low:g} to {high:g}"
        if self.node.tag not in {f"{_TAG}int", f"{_TAG}float"}:
            raise self._no(expected)
        try:
            found = float(self._scalar().replace("_", ""))
        except ValueError:  # YAML 1.1 also knows 0x1F, 0b1 and 1:30
            raise self._no(expected) from None
        if not low <= found <= high:
            raise self.refusal(f"{self.name!r} is {self._scalar()}", expected)
        return found

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included.

        Raises:
            InputError: it is no such number.
        """
        found = self.number(low, high)
        if not found.is_integer():
            raise self.refusal(f"{self.name!r} is {self._scalar()}", f"a whole number from {low} to {high}")
        return int(found)

    def flag(self) -> bool:
        """Return true or false.

        Raises:
            InputError: it is neither.
        """
        if self.node.tag != f"{_TAG}bool":
            raise self._no("true or false")
        return self._scalar().lower() in {"true", "yes", "on"}

    def moment(self) -> datetime:
        """Return a moment, written as in ISO 8601 with its offset from UTC.

        Raises:
            InputError: it is none, or it does not say its offset.
        """
        expected = "a moment with its offset from UTC, such as 2026-11-12T02:00:00Z"
        if self.node.tag not in {f"{_TAG}str", f"{_TAG}timestamp"}:
            raise self._no(expected)
        try:
            found = datetime.fromisoformat(self._scalar())
        except ValueError:
            raise self.refusal(f"{self.name!r} is {self._shown()}", expected) from None
        if found.tzinfo is None:
            raise self.refusal(f"{self.name!r} is {self._shown()}", expected)
        return found.astimezone(UTC)

    def duration(self) -> timedelta:
        """Return a length of time, written as `30s`, `15m`, `4h` or `3d`.

        Raises:
            InputError: it is no length of time.
        """
        expected = "a length of time such as 15m, 4h or 3d"
        if not self.is_text:
            raise self._no(expected)
        if not (match := _DURATION.fullmatch(self.text())):
            raise self.refusal(f"{self.name!r} is {self._shown()}", expected)
        return timedelta(**{_UNITS[match["unit"]]: int(match["number"])})

    def _no(self, expected: str) -> InputError:
        kind = _KINDS.get(self.node.tag.removeprefix(_TAG), f"of the type {self.node.tag}")
        shown = f" ({self._shown()})" if isinstance(self.node, yaml.ScalarNode) and self.node.value else ""
        return self.refusal(f"{self.name!r} is {kind}{shown}", expected)

    def _shown(self) -> str:
        text = self._scalar()
        return repr(text if len(text) <= 80 else text[:77] + "...")

    def _scalar(self) -> str:
        text = str(self.node.value)
        if redact(text) != text:
            raise self.refusal(_SECRET, _NAME_ONLY)
        return text


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read: its value, and the lines where something looks like a secret, comments included."""

    value: Value
    secrets: tuple[InputError, ...]


def read_file(path: Path) -> File | None:
    """Read a file; None where there is none.

    Raises:
        InputError: it cannot be read as YAML, or it uses anchors.
    """
    text = _text(path)
    if text is None:
        return None
    node, secrets = _parsed(path.name, text)
    found = (InputError(f"{path.name}:{line}", _SECRET, _NAME_ONLY) for line in secrets)
    return File(Value(path.name, "the file", node), tuple(found))


# A storm of alerts reads the same few files again and again, and parsing is most of it.
@lru_cache(maxsize=32)
def _parsed(file: str, text: str) -> tuple[yaml.Node, tuple[int, ...]]:
    """Return the value of a text, which nobody changes, and the lines where something looks like a secret."""
    try:
        _refuse_anchors(file, text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(file, error) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise InputError(f"{file}:1", f"it is no YAML: {redact(str(error))}", "plain text") from error
    except RecursionError:
        raise InputError(f"{file}:1", "it is nested too deeply", "a few levels") from None
    return node if node is not None else _nothing(), tuple(_secrets(text))


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path.name}:{line}", f"byte {error.start + 1} is no UTF-8", "a text in UTF-8"
        ) from error
    except OSError as error:
        raise InputError(path.name, f"it cannot be read ({error.strerror})", "a readable file") from error


def _refuse_anchors(file: str, text: str) -> None:
    # An entry that is refused must not take others with it, and a few anchors can stand for billions of values.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if getattr(event, "anchor", None) is not None:
            where = f"{file}:{event.start_mark.line + 1}"
            raise InputError(where, f"an anchor or alias ({event.anchor})", "the value itself, written out")


def _no_yaml(file: str, error: yaml.MarkedYAMLError) -> InputError:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}" if mark else f"{file}:1"
    return InputError(where, f"it is no YAML: {redact(error.problem or str(error))}", "valid YAML")


def _nothing() -> yaml.Node:
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    return yaml.ScalarNode(f"{_TAG}null", "", mark, mark)


def _secrets(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), start=1):
        if redact(line) != line:
            yield number


def _one_of(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"{near[0]!r}" if near else f"one of {', '.join(known)}"


def sections(path: Path, known: Collection[str]) -> Mapping[str, Value]:
    """Return the sections of a file that may be missing or empty, by name.

    Raises:
        InputError: it is no such file, or a secret stands in it.
    """
    file = read_file(path)
    if file is None or (file.value.is_empty and not file.secrets):
        return {}
    if file.secrets:
        raise file.secrets[0]
    return file.value.mapping(known)
