"""What is counted while the app runs, by the kinds that Azure charges for."""

import math
from collections import Counter
from dataclasses import dataclass, field

from local.azure.storage_calls import StorageCall

IDLE_LOOKS, KEPT_TIMERS = (
    "queue, idle looks",
    "blob write, by the host",
)  # what the host does that does not run here
KINDS = ("table", "queue", IDLE_LOOKS, "blob write", KEPT_TIMERS, "blob read", "blob list", "blob other")

# A call is charged for a second at least, and then by tenths (https://azure.microsoft.com/pricing/details/functions/).
_LEAST_SECONDS, _STEPS_OF_A_SECOND = 1.0, 10


@dataclass
class Counts:
    """The counts of some hours.

    Attributes:
        executions: by function.
        billed_seconds: of all executions, each rounded up as it is charged.
        storage: operations by the kind that has a price.
        asked: calls to Azure's other services, by service.
        log_rows: rows of Application Insights by what writes them.
        log_bytes: their billed bytes.
        stored_bytes: what storage holds at the end, by service.
    """

    executions: Counter[str] = field(default_factory=Counter)
    billed_seconds: float = 0.0
    storage: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    log_rows: Counter[str] = field(default_factory=Counter)
    log_bytes: Counter[str] = field(default_factory=Counter)
    stored_bytes: Counter[str] = field(default_factory=Counter)

    def times(self, factor: float) -> "Counts":
        """Return so many times as much."""
        return Counts(
            _times(self.executions, factor),
            self.billed_seconds * factor,
            _times(self.storage, factor),
            _times(self.asked, factor),
            _times(self.log_rows, factor),
            _times(self.log_bytes, factor),
            _times(self.stored_bytes, factor),
        )

    def plus(self, other: "Counts", sign: int = 1) -> "Counts":
        """Return the sum, or with a sign of -1 what is more here than there."""
        return Counts(
            _sum(self.executions, other.executions, sign),
            self.billed_seconds + sign * other.billed_seconds,
            _sum(self.storage, other.storage, sign),
            _sum(self.asked, other.asked, sign),
            _sum(self.log_rows, other.log_rows, sign),
            _sum(self.log_bytes, other.log_bytes, sign),
            _sum(self.stored_bytes, other.stored_bytes, sign),
        )


def billed_seconds(seconds: float) -> float:
    """Return for how many seconds a call is charged."""
    return max(_LEAST_SECONDS, math.ceil(round(seconds * _STEPS_OF_A_SECOND, 6)) / _STEPS_OF_A_SECOND)


def operation_of(call: StorageCall) -> str | None:
    """Return the kind that a request is charged as, or None where it is free or is counted by the host's own polling.

    https://learn.microsoft.com/azure/storage/blobs/map-rest-apis-transaction-categories and
    https://azure.microsoft.com/pricing/details/storage/queues/
    """
    if call.service == "table":
        return "table"
    if call.service == "queue":
        is_look = call.method == "GET" and "/messages" in call.path
        return None if is_look else "queue"
    if "restype=container" in call.path and call.method == "PUT":
        return "blob list"
    if call.method == "GET":
        return "blob list" if "comp=list" in call.path else "blob read"
    return {"PUT": "blob write", "DELETE": None}.get(call.method, "blob other")


def idle_looks(queues: int, seconds: float, most_idle: float) -> int:
    """Return how often a host that never sleeps looks into its empty queues, once they are all looked into most rarely."""
    return round(queues * seconds / most_idle)


def _times(counter: Counter[str], factor: float) -> Counter[str]:
    return Counter({name: round(count * factor) for name, count in counter.items()})


def _sum(one: Counter[str], other: Counter[str], sign: int) -> Counter[str]:
    return Counter({name: one[name] + sign * other[name] for name in {*one, *other}})
