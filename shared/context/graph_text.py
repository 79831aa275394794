"""Write values into a query for Resource Graph, which has no `let`."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from shared.clock import iso

Value = str | int | bool | datetime | Iterable[str]

# What the check of a page can name.
CHECK_PLACES = ("resource", "resources", "window_start", "window_end", "lookback_start")

_PLACE = re.compile(r"\{(?P<name>[a-z_]+)\}")


def inlined(text: str, values: Mapping[str, Value]) -> str:
    """Return a text whose places, such as `{resources}`, hold the quoted values.

    Raises:
        KeyError: a place has no value.
    """
    return _PLACE.sub(lambda place: literal(values[place["name"]]), text)


def query_of(name: str, values: Mapping[str, Value]) -> str:
    """Return the query of a file of this room, `<name>.kql`, with its values.

    Raises:
        KeyError: a place has no value.
    """
    return inlined(_text(name), values)


def places_of(text: str) -> frozenset[str]:
    """Return the names of the places of a text."""
    return frozenset(place["name"] for place in _PLACE.finditer(text))


def literal(value: Value) -> str:
    """Return a value as a literal of KQL; several strings are a list in parentheses, as `in~` takes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f"datetime({iso(value)})"
    if isinstance(value, str):
        return _quoted(value)
    return f"({', '.join(_quoted(part) for part in value) or _quoted('')})"


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(f"{name}.kql").read_text(encoding="utf-8").strip()


def _quoted(text: str) -> str:
    """Quote a string; whatever could end it, or is no printable character, is escaped."""
    return "'" + "".join(_escaped(letter) for letter in text) + "'"


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    return letter if letter.isprintable() else "".join(f"\\u{unit:04x}" for unit in _units(letter))


def _units(letter: str) -> list[int]:
    """Return the UTF-16 units of a letter: an escape holds four digits."""
    data = letter.encode("utf-16-be", errors="surrogatepass")
    return [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]
