"""The limits of a channel: how large a message may be, and how many may come."""

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# "Actual message properties size: 28897 bytes, whereas max allowed size is 28672 bytes", for a request
# whose Content-Length was 24453 (MicrosoftDocs/msteams-docs issue 11274).
MAX_MESSAGE_BYTES = 28_672
_COUNTED_BYTES, _SENT_BYTES = 28_897, 24_453


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages within any stretch of so long."""

    most: int
    within: timedelta


# Four a second is Microsoft's figure for a webhook (connectors-using.md); 25 in 5 minutes is what users
# report of the connection that posts. How the second is refused is not published: here as the first is.
RATES = (Rate(4, timedelta(seconds=1)), Rate(25, timedelta(minutes=5)))


def counted_size(attachments: Sequence[Mapping[str, Any]], sent: int) -> int:
    """Return the bytes of a message as the service counts its own re-encoding of the bytes that were sent.

    That it keeps cards as a JSON text inside of JSON, where each quote and backslash takes a byte more, is
    inferred. So it is no less than the published share more, either.
    """
    text = json.dumps(attachments, ensure_ascii=False, separators=(",", ":"))
    size = len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
    return max(size, sent * _COUNTED_BYTES // _SENT_BYTES)


@dataclass
class Meter:
    """Counts the messages that passed, and returns how long a caller has to wait."""

    rates: Sequence[Rate] = RATES
    _passed: deque[datetime] = field(default_factory=deque)

    def wait(self, now: datetime) -> int:
        """Return the whole seconds until a message may pass; at 0 it has passed, and counts."""
        longest = max((self._left(rate, now) for rate in self.rates), default=timedelta(0))
        if longest > timedelta(0):
            return math.ceil(longest.total_seconds())
        self._passed.append(now)
        while len(self._passed) > max((rate.most for rate in self.rates), default=0):
            self._passed.popleft()
        return 0

    def _left(self, rate: Rate, now: datetime) -> timedelta:
        if len(self._passed) < rate.most:
            return timedelta(0)
        return max(self._passed[-rate.most] + rate.within - now, timedelta(0))
