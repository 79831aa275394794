"""Troubles that a test plans for Azure Resource Manager, and a record of what it was asked."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from local.arm.answer import ArmAnswer, refused


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: its method, its path in lower case, its query string and its body."""

    method: str
    path: str
    query: str
    body: bytes


@dataclass(slots=True)
class _Trouble:
    containing: str  # a part of the path in lower case
    times: int
    status: int
    retry_after: str | None = None
    delay: timedelta = timedelta(0)


@dataclass
class ArmFaults:
    """Troubles in the order they were asked for; each is used up by the requests whose path contains a text.

    Attributes:
        requests: what was asked, in order.
    """

    requests: list[Seen] = field(default_factory=list)
    _planned: list[_Trouble] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def throttle(self, containing: str = "", *, times: int = 1, retry_after: float = 1) -> None:
        """Answer 429, as when the tokens of a subscription are used up."""
        self._plan(_Trouble(containing.lower(), times, 429, f"{retry_after:g}"))

    def break_down(
        self, containing: str = "", *, times: int = 1, status: int = 503, retry_after: float | None = None
    ) -> None:
        """Answer 5xx; who asks again waits `retry_after` seconds, or for as long as it likes."""
        asked = None if retry_after is None else f"{retry_after:g}"
        self._plan(_Trouble(containing.lower(), times, status, asked))

    def be_late(self, by: timedelta, containing: str = "", *, times: int = 1) -> None:
        """Answer correctly, but later."""
        self._plan(_Trouble(containing.lower(), times, 0, delay=by))

    def mend(self) -> None:
        """Forget every trouble that has not been met yet."""
        with self._lock:
            self._planned.clear()

    async def meet(self, seen: Seen) -> ArmAnswer | None:
        """Record a request, and return the trouble that it meets."""
        self.requests.append(seen)
        trouble = self._next(seen.path)
        if trouble is None:
            return None
        if trouble.delay:
            await asyncio.sleep(trouble.delay.total_seconds())
            return None
        if trouble.status == 429:
            message = "Number of requests for subscription exceeded the limit. Please try again later."
            headers = {
                "Retry-After": trouble.retry_after or "1",
                "x-ms-ratelimit-remaining-subscription-reads": "0",
            }
            return refused(429, "SubscriptionRequestsThrottled", message, headers=headers)
        message = "The service is unavailable. Try again later."
        headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
        return refused(trouble.status, "ServiceUnavailable", message, headers=headers)

    def _plan(self, trouble: _Trouble) -> None:
        with self._lock:
            self._planned.append(trouble)

    def _next(self, path: str) -> _Trouble | None:
        with self._lock:
            trouble = next((planned for planned in self._planned if planned.containing in path), None)
            if trouble is not None:
                trouble.times -= 1
                if trouble.times < 1:
                    self._planned.remove(trouble)
            return trouble
