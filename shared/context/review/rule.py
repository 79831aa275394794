"""A rule of the review, as its YAML file says it: when it trips, what it says, and the command that mends it."""

from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from msgspec import UNSET, Struct, UnsetType, convert, field
from msgspec.structs import asdict

FOLDER = Path(__file__).parent


class Urgency(IntEnum):
    """How soon a fault will hurt; a greater one is more urgent."""

    ADVICE = 1
    SOON = 2
    URGENT = 3

    @property
    def word(self) -> str:
        """The word for it in files and texts."""
        return self.name.lower()


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What one fact must be; a value `{path}` is that of another fact, and texts are compared without case."""

    fact: str  # a path such as `resource.sku.capacity`; the list of an `each` is walked by `item`
    is_: Any = field(default=UNSET, name="is")
    is_not: Any = UNSET
    at_least: Any = UNSET
    at_most: Any = UNSET
    empty: bool | UnsetType = UNSET  # also of what is missing
    matches: str | UnsetType = UNSET  # a regular expression, anywhere in the text

    def tests(self) -> Iterator[tuple[str, Any]]:
        """Yield the names of the tests that are asked for, with their values."""
        values = asdict(self)
        yield from ((name, value) for name, value in values.items() if name != "fact" and value is not UNSET)


class ReviewRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule. `trips` and `passes` are configurations, as Azure answers them, that it finds fault with and does not."""

    id: str
    title: str
    urgency: Literal["advice", "soon", "urgent"]
    when: tuple[Condition, ...]  # all must hold
    text: str  # what is wrong and what comes of it; `{path}` is a fact
    mend: str  # one `az` command; `{path}` is a fact, quoted for a shell; a list is several words
    source: str  # where Microsoft documents it
    trips: dict[str, Any]
    passes: dict[str, Any]
    types: tuple[str, ...] = ()  # ARM types in lower case; none means every watched type
    each: str = ""  # the fact whose items are judged one by one
    caution: str = ""  # what to make sure of before the command is run

    @property
    def level(self) -> Urgency:
        """Its urgency, which can be compared."""
        return Urgency[self.urgency.upper()]


@cache
def load_rules() -> tuple[ReviewRule, ...]:
    """Return every rule, by id."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(convert(yaml.safe_load(file.read_text(encoding="utf-8")), ReviewRule) for file in files)
