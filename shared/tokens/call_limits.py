"""Refuse one caller that hammers, and nobody else."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from shared.errors import LinekeeperError
from shared.tokens.caller import Caller

_MOST_CALLERS = 20_000  # that are remembered; the one that was away longest is forgotten


class TooOftenError(LinekeeperError):
    """One caller hammers."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("one caller asks too often")
        self.retry_after = retry_after


class CallLimits:
    """How much each caller has left, as a bucket that fills again in a minute; may be used by several threads.

    Every process counts for itself. Callers whom nothing tells apart are not limited: there an innocent one would be
    refused for another.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, caller: Caller, per_minute: int, now: datetime) -> float:
        """Take one call of a caller, and return 0, or after how many seconds one is free."""
        if not caller.id:
            return 0
        key, rate = (caller.how.value, caller.id), per_minute / 60
        with self._lock:
            left, since = self._buckets.get(key, (float(per_minute), now))
            left = min(per_minute, left + max(0.0, (now - since).total_seconds()) * rate)
            is_free = left >= 1
            self._buckets[key] = (left - is_free, now)
            self._buckets.move_to_end(key)
            if len(self._buckets) > _MOST_CALLERS:
                self._buckets.popitem(last=False)
        return 0 if is_free else (1 - left) / rate
