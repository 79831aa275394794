"""The scope of a query: its resources, its applications and its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import iso
from shared.configuration.arm import resource_id, resource_type
from shared.errors import InputError

__all__ = ["LOOKBACK", "Scope", "Window", "resource_id", "resource_type"]

LOOKBACK = timedelta(hours=24)  # a query may read so far back before its window: `lookbackStart`


@dataclass(frozen=True, slots=True)
class Window:
    """The time of a query: from `start`, inclusive, to `end`, exclusive; both are aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse a window that is empty or ends before it starts.

        Raises:
            InputError: `end` is not after `start`.
        """
        if self.end <= self.start:
            raise InputError(
                "window",
                f"it ends at {iso(self.end)}, not after its start {iso(self.start)}",
                "--to after --from",
            )


@dataclass(frozen=True, slots=True)
class Scope:
    """The values that the prelude gives a query."""

    resources: tuple[str, ...]  # ids in lower case
    window: Window
    applications: tuple[
        str, ...
    ] = ()  # ids of Application Insights components; empty means all of the workspace
