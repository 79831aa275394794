"""A family of signals that one query answers for all resources of a workspace together."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from shared.signals.signal import Signal


class Place(StrEnum):
    """Whose rows a family reads, and so in which workspace it is asked."""

    SERVICE = "service"  # `_ResourceId` is the watched resource, or a replica of it
    APPLICATION = "application"  # `_ResourceId` is a component of the user's own applications


@dataclass(frozen=True, slots=True)
class LogFamily:
    """One KQL text and the signals it counts.

    The text stands in `<id>.kql` beside this module. It is told `windowStart` (aligned to a bucket), `windowEnd`,
    `lookbackStart`, `resourceIds` and `appIds` by the prelude, and may use the library's functions. It returns rows of

    `Resource` string (the row's `_ResourceId`), `Signal` string, `Bucket` datetime, `IsBad` bool, `Reason` string (empty for
    good events, `unclassified` where no rule fits), `Events` real, `Sample` string (a raw text, for `unclassified` only),

    one per combination, every bucket whole. The number of rows does not depend on the number of connections.
    """

    id: str
    service: str
    place: Place
    tables: tuple[str, ...]  # rows that arrive in one of these make the family worth asking
    signals: tuple[Signal, ...]

    def text(self) -> str:
        """Return the KQL text, without the prelude."""
        return _text(self.id)


@cache
def _text(family: str) -> str:
    file = Path(__file__).with_name(f"{family.replace('-', '_')}.kql")
    return file.read_text(encoding="utf-8").strip()
