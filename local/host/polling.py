"""When a queue is looked into: at once after a message, and the later the longer none came.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#polling-algorithm
"""

from collections.abc import Callable
from datetime import datetime, timedelta

LEAST = timedelta(milliseconds=100)
_SPREAD = 0.2  # of each delay, either way


class Polling:
    """The delays of one queue. A message that is sent meanwhile wakes nobody."""

    def __init__(self, most: timedelta, chance: Callable[[], float]) -> None:
        """Begin with a queue that is due; `chance` gives numbers from 0 to 1."""
        self._most = max(most, LEAST)
        self._chance = chance
        self._empty_looks = 0
        self._due: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Tell whether the queue is to be looked into."""
        return self._due is None or now >= self._due

    def note(self, messages: int, now: datetime) -> None:
        """Take how many messages a look found."""
        if messages:
            self._empty_looks, self._due = 0, now
        else:
            self._due = now + self._delay()
            self._empty_looks += 1

    def _delay(self) -> timedelta:
        if not self._empty_looks:
            return LEAST
        steps = 2.0 ** min(self._empty_looks - 1, 20)
        spread = 1 - _SPREAD + 2 * _SPREAD * self._chance()
        return min(self._most, LEAST + LEAST * steps * spread)
