"""Read a file of config/ so that every refusal names its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml

from shared.configuration.files.folder import FolderFile
from shared.configuration.files.value import NAME_ONLY, SECRET, Value
from shared.errors import InputError
from shared.redaction import redact

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 20  # the deepest place that is declared is the sixth level


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read: its value, and the lines where something looks like a secret, comments included."""

    value: Value
    secrets: tuple[InputError, ...]


def read_file(path: FolderFile) -> File | None:
    """Read a file; None where there is none.

    Raises:
        InputError: it cannot be read as YAML, or it uses anchors.
    """
    text = _text(path)
    if text is None:
        return None
    node, lines = _parsed(path.name, text)
    secrets = (InputError(f"{path.name}:{line}", SECRET, NAME_ONLY) for line in lines)
    return File(Value(path.name, "the file", node), tuple(secrets))


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its dates and numbers of base 60: `2026-11-12` and `22:00` are texts, as in YAML 1.2."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """Return the tag of a value that names none."""
        tag: str = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        is_dated = tag == f"{_TAG}timestamp" or (kind is yaml.ScalarNode and ":" in value)
        return f"{_TAG}str" if is_dated else tag


# A storm of alerts reads the same few files again and again, and parsing is most of it.
@lru_cache(maxsize=32)
def _parsed(file: str, text: str) -> tuple[yaml.Node, tuple[int, ...]]:
    """Return the value of a text, which nobody changes, and the lines where something looks like a secret."""
    try:
        _refuse_hostile(file, text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _invalid(file, error) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        wrong = f"it is not valid YAML: {redact(str(error))}"
        raise InputError(f"{file}:1", wrong, "plain text") from error
    return node if node is not None else _nothing(), tuple(_secret_lines(text))


def _text(path: FolderFile) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        wrong = f"byte {error.start + 1} is not valid UTF-8"
        raise InputError(f"{path.name}:{line}", wrong, "a text in UTF-8") from error
    except OSError as error:
        raise InputError(path.name, f"it cannot be read ({error.strerror})", "a readable file") from error


def _refuse_hostile(file: str, text: str) -> None:
    # An entry that is refused must not take others with it, and a few anchors can stand for billions of values.
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        where = f"{file}:{event.start_mark.line + 1}"
        if getattr(event, "anchor", None) is not None:
            raise InputError(where, f"an anchor or alias ({event.anchor})", "the value itself, written out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise InputError(where, "it is nested too deeply", "a few levels")


def _invalid(file: str, error: yaml.MarkedYAMLError) -> InputError:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}" if mark else f"{file}:1"
    return InputError(where, f"it is not valid YAML: {redact(error.problem or str(error))}", "valid YAML")


def _nothing() -> yaml.Node:
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    return yaml.ScalarNode(f"{_TAG}null", "", mark, mark)


def _secret_lines(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), start=1):
        if redact(line) != line:
            yield number
