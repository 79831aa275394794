"""Faults that a test plans for the query API, and counters of the traffic that the API served."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum


class Trouble(Enum):
    """What the service answers instead of rows."""

    THROTTLED = 429
    TIMED_OUT = 504
    NO_CONTENT = 204
    FORBIDDEN = 403
    NONE = 0


@dataclass(slots=True)
class Fault:
    """One planned trouble: for the next `times` queries that contain a text."""

    trouble: Trouble
    containing: str = ""
    times: int = 1
    retry_after: float = 0
    delay: timedelta = timedelta(0)


SOUND = Fault(Trouble.NONE)


@dataclass
class Faults:
    """Faults in the order they were asked for; each is used up by the queries it meets.

    Attributes:
        met: the troubles that callers have met.
    """

    met: list[Trouble] = field(default_factory=list)
    _planned: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def throttle(self, *, times: int = 1, retry_after: float = 1, containing: str = "") -> None:
        """Answer 429 with a Retry-After in seconds."""
        self._plan(Fault(Trouble.THROTTLED, containing, times, retry_after=retry_after))

    def time_out(self, *, times: int = 1, containing: str = "") -> None:
        """Answer 504 as if the query had taken too long."""
        self._plan(Fault(Trouble.TIMED_OUT, containing, times))

    def send_nothing(self, *, times: int = 1, containing: str = "") -> None:
        """Answer 204 without a body."""
        self._plan(Fault(Trouble.NO_CONTENT, containing, times))

    def forbid(self, *, times: int = 1, containing: str = "") -> None:
        """Answer 403 as for an identity without a role on the workspace."""
        self._plan(Fault(Trouble.FORBIDDEN, containing, times))

    def delay(self, by: timedelta, *, times: int = 1, containing: str = "") -> None:
        """Answer correctly, but later; the caller's server timeout counts meanwhile."""
        self._plan(Fault(Trouble.NONE, containing, times, delay=by))

    def next_for(self, query: str) -> Fault:
        """Return the fault that this query meets, and use it up."""
        with self._lock:
            fault = next((planned for planned in self._planned if planned.containing in query), SOUND)
            if fault is SOUND:
                return SOUND
            fault.times -= 1
            if fault.times < 1:
                self._planned.remove(fault)
            self.met.append(fault.trouble)
            return fault

    def _plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)


@dataclass
class Traffic:
    """Counters: the texts of all queries, rows and bytes returned, and the most queries that ran at once."""

    queries: list[str] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    most_at_once: int = 0
    _running: int = 0

    def arrive(self, query: str) -> None:
        """Count a query that begins; called on the server's one event loop, as `leave` is."""
        self.queries.append(query)
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)

    def leave(self, rows: int, size: int) -> None:
        """Count a query that has been answered."""
        self._running -= 1
        self.rows += rows
        self.bytes += size
