"""Spread clients that come back all at once over the time that the configured rate needs.

Clients wait in a queue that nobody keeps: its length is counted up with each of them and down with the configured
rate. A client whose place comes after so many seconds is told a random moment of the interval around them. Intervals
grow by a quarter each, so every second of the queue has the configured rate of clients, however many are still to come.
"""

import math
from dataclasses import dataclass
from datetime import datetime

GROWTH = 1.25  # of an interval to the next
_SURGE_SECONDS = 1.0  # what comes in this time at the ordinary rate is let through at once
_LEAST_ARRIVALS = 10  # that one process must see itself before it speaks of a storm
_ORDINARY = 2.0  # times the usual rate is still ordinary


def interval(seconds: float) -> tuple[float, float]:
    """Return the interval, in seconds from now, in which a place in the queue lies."""
    if seconds < 1:
        return 0.0, 1.0
    start = GROWTH ** math.floor(math.log(seconds, GROWTH))
    return start, start * GROWTH


@dataclass(slots=True)
class Surge:
    """What one process knows of the clients that come to one resource; not for several threads.

    Attributes:
        instances: how many processes answer clients; each client here stands for so many.
        usual: how many clients usually come in a second, to all of them.
    """

    instances: int = 1
    usual: float = 0.0
    is_storm: bool = False
    _at: datetime | None = None
    _queue: float = 0.0  # clients that still have to connect
    _level: float = 0.0  # arrivals above the ordinary rate

    def arrive(self, rate: float, now: datetime) -> float:
        """Count a client, and return after how many seconds its place in the queue comes; 0 outside of a storm."""
        self._drain(rate, now)
        self._level += self.instances
        self._queue += self.instances
        if self._level > self._let_through(rate):
            self.is_storm = True
        if self.is_storm:
            return self._queue / rate
        self._queue = self._level
        return 0.0

    def place(self, rate: float, now: datetime) -> float:
        """Return after how many seconds the place of the next client would come; 0 outside of a storm."""
        self._drain(rate, now)
        return self._queue / rate if self.is_storm else 0.0

    def _drain(self, rate: float, now: datetime) -> None:
        passed = max(0.0, (now - self._at).total_seconds()) if self._at else 0.0
        self._at = max(now, self._at) if self._at else now
        self._level = max(0.0, self._level - passed * self._ordinary(rate))
        self._queue = max(0.0, self._queue - passed * rate)
        if not self._level:
            self.is_storm, self._queue = False, 0.0

    def _ordinary(self, rate: float) -> float:
        # Where more clients come every day than the configured rate, that rate is wrong, and no storm.
        return max(rate, _ORDINARY * self.usual)

    def _let_through(self, rate: float) -> float:
        return max(self._ordinary(rate) * _SURGE_SECONDS, _LEAST_ARRIVALS * self.instances)
