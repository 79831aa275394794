"""Which resource, which applications and which time a query is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import iso
from shared.configuration.arm import resource_id, resource_type
from shared.errors import InputError

__all__ = ["LOOKBACK", "Scope", "Window", "resource_id", "resource_type"]

LOOKBACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Window:
    """The time asked about: from `start`, inclusive, to `end`, exclusive; both aware."""

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
    """Everything a query is told from outside; empty `applications` means every one in the workspace."""

    resources: tuple[str, ...]
    window: Window
    applications: tuple[str, ...] = ()
