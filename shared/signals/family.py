"""A family of signals that one query answers for all resources of a workspace together."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from shared.signals.signal import Signal


class Place(StrEnum):
    """Whose rows a family reads; this decides which workspace is asked."""

    SERVICE = "service"  # `_ResourceId` is the watched resource, or a replica of it
    APPLICATION = "application"  # `_ResourceId` is a component of the user's own applications


@dataclass(frozen=True, slots=True)
class LogFamily:
    """One KQL text and the signals it counts.

    The text stands in `<id>.kql` beside this module. The prelude gives it `windowStart` (aligned to a bucket),
    `windowEnd`, `lookbackStart`, `resourceIds` and `appIds`, and it may use the library's functions. It returns rows of

    `Resource` string (the row's `_ResourceId`), `Signal` string, `Bucket` datetime, `IsBad` bool, `Reason` string (empty for
    good events, `unclassified` where no rule fits), `Events` real, `Sample` string (a raw text, for `unclassified` only),

    one row per combination; every bucket is counted whole. The number of rows does not depend on the number of connections.
    """

    id: str
    service: str
    place: Place
    tables: tuple[str, ...]  # the family is asked when rows have arrived in one of these
    signals: tuple[Signal, ...]

    def text(self) -> str:
        """Return the KQL text, without the prelude."""
        return _text(self.id)


@cache
def _text(family: str) -> str:
    file = Path(__file__).with_name(f"{family.replace('-', '_')}.kql")
    return file.read_text(encoding="utf-8").strip()
