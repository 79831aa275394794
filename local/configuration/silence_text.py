"""Add an entry to the text of silences.yaml and take one out, with every other line as it stands."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from shared.configuration.files.folder import TextFile
from shared.configuration.files.read import read_file
from shared.configuration.files.value import Value
from shared.configuration.silences import FILE, Silence, silence_of
from shared.errors import InputError

_KEY = "silences"


def silences_in(content: bytes) -> Sequence[tuple[Silence, Value]]:
    """Return the silences of a file, each with its place.

    Raises:
        InputError: the file or one of its entries is wrong.
    """
    listed = _listed(content)
    return [] if listed is None or listed.is_empty else [(silence_of(item), item) for item in listed.items()]


def with_silence(content: bytes, entry: Mapping[str, Any]) -> bytes:
    """Return a file with one more entry, the first one.

    Raises:
        InputError: the file is wrong.
    """
    text, written = content.decode("utf-8-sig"), json.dumps(entry, ensure_ascii=False)
    listed = _listed(content)
    if listed is None:
        start = text.rstrip("\n")
        return f"{start}\n\n{_KEY}:\n  - {written}\n".lstrip("\n").encode()
    items = () if listed.is_empty else listed.items()
    if _is_flow(listed.node):
        inside = listed.node.start_mark.index + 1
        rest = ", " if items else ""
        return f"{text[:inside]}{written}{rest}{text[inside:]}".encode()
    indent = " " * (2 if listed.is_empty else listed.node.start_mark.column)
    end = _end_of_line(text, _key_end(content))
    return f"{text[:end]}\n{indent}- {written}{text[end:] or chr(10)}".encode()


def without_silence(content: bytes, identifier: str) -> bytes:
    """Return a file without one of its entries.

    Raises:
        InputError: there is no such entry, or the file is wrong.
    """
    entries = silences_in(content)
    places = [number for number, (silence, _) in enumerate(entries) if silence.id == identifier]
    if not places:
        known = ", ".join(silence.id for silence, _ in entries) or "none, for the file has no silence"
        raise InputError("ID", f"{identifier!r} is not a silence of {FILE}", f"one of {known}")
    text, listed = content.decode("utf-8-sig"), _listed(content)
    assert listed is not None
    if _is_flow(listed.node):
        kept = [item.plain() for number, (_, item) in enumerate(entries) if number not in places]
        node = listed.node
        written = json.dumps(kept, ensure_ascii=False)
        return f"{text[: node.start_mark.index]}{written}{text[node.end_mark.index :]}".encode()
    lines = text.splitlines(keepends=True)
    for number in reversed(places):
        node = entries[number][1].node
        del lines[_dash_line(lines, node) : _last_line(node) + 1]
    return "".join(lines).encode()


def _listed(content: bytes) -> Value | None:
    file = read_file(TextFile(FILE, content))
    if file is None or file.value.is_empty:
        return None
    values, problems = file.value.mapping((_KEY,))
    if problems:
        raise problems[0]
    return values.get(_KEY)


def _key_end(content: bytes) -> int:
    file = read_file(TextFile(FILE, content))
    assert file is not None
    index: int = next(key.end_mark.index for key, _ in file.value.node.value if key.value == _KEY)
    return index


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and bool(node.flow_style)


def _end_of_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _dash_line(lines: Sequence[str], node: yaml.Node) -> int:
    """Return the line of the dash before an entry, which may stand above it."""
    line: int = node.start_mark.line
    while not lines[line].lstrip().startswith("-"):
        line -= 1
    return line


def _last_line(node: yaml.Node) -> int:
    """Return the last line of an entry; the mark of a mapping in lines stands behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    line: int = node.end_mark.line
    is_block_text = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
    return line - 1 if is_block_text else line
