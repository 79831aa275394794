"""The `az` commands that a page, a hook or a command of ours writes, each with its options."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_INNER = re.compile(r"\$\(((?:[^()$]|\$(?!\())*)\)")
_COMMAND = re.compile(r"(?<![\w./-])az (?P<command>[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*)(?P<rest>[^`\n|;]*)")
_OPTION = re.compile(r"(?<=\s)--[a-z][a-z0-9-]*")


class AzLine(NamedTuple):
    """One call of `az`."""

    command: str
    options: frozenset[str]


def az_lines_of(text: str) -> Iterator[AzLine]:
    """Yield the calls of a text; one that stands inside of another is its own."""
    text = re.sub(r" [\\`]\n\s*", " ", text)
    while inner := _INNER.search(text):
        yield from _calls(inner[1])
        text = text[: inner.start()] + "VALUE" + text[inner.end() :]
    yield from _calls(text)


def _calls(text: str) -> Iterator[AzLine]:
    for match in _COMMAND.finditer(text):
        # what follows the command and is no option of it: names in quotes and JSON
        rest = re.sub(r"'[^']*'|\"[^\"]*\"", "VALUE", match["rest"])
        yield AzLine(match["command"].strip(), frozenset(_OPTION.findall(f" {rest}")))
