"""Which resource, which applications and which time a query is about."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import iso
from shared.errors import InputError

LOOKBACK = timedelta(hours=24)

_ARM_ID = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/(?P<type>[^/]+/[^/]+)/[^/]+")
_REPLICA = re.compile(r"/replicas/[^/]+$")


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


def resource_id(text: str, *, where: str = "resource") -> str:
    """Return an ARM id as Linekeeper keys it: lower case, a replica folded into its parent.

    Raises:
        InputError: the text is no ARM resource id.
    """
    folded = _REPLICA.sub("", text.strip().lower().rstrip("/"))
    if not _ARM_ID.fullmatch(folded):
        raise InputError(
            where,
            f"{text!r} is no ARM resource id",
            "/subscriptions/<id>/resourceGroups/<group>/providers/<namespace>/<type>/<name>",
        )
    return folded


def resource_type(resource: str) -> str:
    """Return the ARM type of a keyed resource id, such as `microsoft.signalrservice/webpubsub`.

    Raises:
        InputError: the text is no ARM resource id.
    """
    match = _ARM_ID.fullmatch(resource_id(resource))
    assert match is not None  # resource_id has just matched it
    return match["type"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything a query is told from outside; empty `applications` means every one in the workspace."""

    resources: tuple[str, ...]
    window: Window
    applications: tuple[str, ...] = ()
