"""Walk the bag of changed properties that Resource Graph keeps by path, and redact what it says."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.context.change import Edit
from shared.context.configuration import redacted_text
from shared.redaction import redact

MOST_EDITS = 20  # of one change
MOST_LETTERS = 300  # of a value
# Azure's own book-keeping, which every write changes.
_NOISE = re.compile(
    r"(?i)(?:^|\.)(?:provisioningState|etag|lastModifiedAt|lastModifiedBy(?:Type)?)$|^systemData(?:\.|$)"
)
_INDEX = re.compile(r"\[[^\]]*\]")


def edits_of(bag: object) -> tuple[Edit, ...]:
    """Return what a bag such as `{"sku.capacity": {"previousValue": "1", "newValue": "2"}}` says, by path.

    A bag in another form has no edits; what Azure changes by itself is left out. No secret leaves.
    """
    document = _parsed(bag)
    edits = (
        _edit(str(path), change) for path, change in _items(document) if not _is_noise(str(path), change)
    )
    return tuple(sorted(edits, key=lambda edit: edit.path))[:MOST_EDITS]


def edits_of_body(body: object, most: int) -> tuple[Edit, ...]:
    """Return what the body of a request sets; nothing where it is more than `most` values, for then it says all anew."""
    leaves: list[Edit] = []
    for path, value in _leaves(_parsed(body), "", 8):
        leaves.append(Edit(_path(path), new=_value(path, value)))
        if len(leaves) > most:
            return ()
    return tuple(leaves)


def paths_of_body(body: object) -> tuple[str, ...]:
    """Return the paths that the body of a request sets."""
    return tuple(path for path, _ in _leaves(_parsed(body), "", 8))


def name_at(path: str) -> str:
    """Return the name of a property: the last word of its path, without an index."""
    return _INDEX.sub("", path).rpartition(".")[2]


def _items(document: object) -> Iterator[tuple[Any, Any]]:
    yield from document.items() if isinstance(document, Mapping) else ()


def _is_noise(path: str, change: object) -> bool:
    category = change.get("changeCategory") if isinstance(change, Mapping) else None
    return str(category).lower() == "system" or _NOISE.search(path) is not None


def _edit(path: str, change: object) -> Edit:
    values = change if isinstance(change, Mapping) else {}
    return Edit(_path(path), _value(path, values.get("previousValue")), _value(path, values.get("newValue")))


def _path(path: str) -> str:
    return redact(path)[:MOST_LETTERS]


def _value(path: str, value: object) -> str | None:
    """Return a value as text without its secrets, cut to a length; Resource Graph writes objects and lists as JSON text."""
    if value is None:
        return None
    cleaned = _cleaned(name_at(path), _parsed(value))
    text = cleaned if isinstance(cleaned, str) else json.dumps(cleaned, ensure_ascii=False)
    return redact(text)[:MOST_LETTERS]


def _cleaned(name: str, value: object, depth: int = 20) -> object:
    """Return JSON without its secrets; what stands below a name that says so is one, whatever it is."""
    if isinstance(value, Mapping) and depth:
        return {redact(str(key)): _cleaned(str(key), part, depth - 1) for key, part in value.items()}
    if isinstance(value, list) and depth:
        return [_cleaned(name, part, depth - 1) for part in value]
    if value is None or isinstance(value, bool):
        return value
    text = redacted_text(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if isinstance(value, str) or text.startswith("[redacted ") else value


def _parsed(value: object) -> object:
    """Return JSON that stands in a text; another text as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _leaves(value: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    """Yield the values of a document by path; what is deeper is one value."""
    if isinstance(value, Mapping) and value and depth:
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else str(name), depth - 1)
    elif isinstance(value, list) and value and depth:
        for place, part in enumerate(value):
            yield from _leaves(part, f"{path}[{place}]", depth - 1)
    elif path:
        yield path, value
