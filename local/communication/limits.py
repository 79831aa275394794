"""Count requests of each operation, and refuse what is more than the service takes.

Published is how many in 30 seconds; that the 30 seconds slide, and when the next one is taken, is our choice.
https://learn.microsoft.com/azure/communication-services/concepts/service-limits#identity
"""

import math
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from local.communication.refusals import Refusal, RefusedError
from shared.clock import Clock


class Operation(StrEnum):
    """The operations, as the metrics of the service name them."""

    CREATE = "CreateIdentity"
    CREATE_WITH_TOKEN = "CreateIdentityWithToken"  # noqa: S105
    ISSUE = "CreateToken"
    REVOKE = "RevokeToken"
    DELETE = "DeleteIdentity"


WINDOW = timedelta(seconds=30)
LIMITS: Mapping[Operation, int] = {
    Operation.CREATE: 1000,
    Operation.CREATE_WITH_TOKEN: 1000,
    Operation.ISSUE: 1000,
    Operation.REVOKE: 500,
    Operation.DELETE: 500,
}


class Limits:
    """What was taken of each operation lately.

    Attributes:
        accepted: how many requests of each operation were taken.
        refused: how many were refused.
    """

    def __init__(self, clock: Clock, limits: Mapping[Operation, int]) -> None:
        self.accepted: Counter[Operation] = Counter()
        self.refused: Counter[Operation] = Counter()
        self._clock = clock
        self._limits = {**LIMITS, **limits}
        self._taken: dict[Operation, deque[datetime]] = {operation: deque() for operation in Operation}

    def take(self, operation: Operation) -> None:
        """Take one request.

        Raises:
            RefusedError: there were too many; it says after how many seconds one is taken.
        """
        now, taken = self._clock.now(), self._taken[operation]
        while taken and now - taken[0] >= WINDOW:
            taken.popleft()
        if len(taken) >= self._limits[operation]:
            self.refused[operation] += 1
            seconds = math.ceil((taken[0] + WINDOW - now).total_seconds())
            raise RefusedError(Refusal.BUSY, headers={"Retry-After": str(seconds)})
        taken.append(now)
        self.accepted[operation] += 1
