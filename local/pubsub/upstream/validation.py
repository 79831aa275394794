"""Ask an event handler whether it wants our events, before it gets any, and remember the answer for a while.

https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.pubsub.hubs import Pace
from local.pubsub.log import Log
from local.pubsub.texts import Published, Unpublished
from local.pubsub.upstream.calls import Answer, Calls, TooLargeAnswerError, UnansweredError
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class _Outcome:
    passed: bool
    until: datetime
    backoff: timedelta


class Validation:
    """The abuse protection, with what it knows of each address.

    Attributes:
        requests: how many were sent.
    """

    def __init__(self, calls: Calls, pace: Pace, clock: Clock, log: Log) -> None:
        self.requests = 0
        self._calls = calls
        self._pace = pace
        self._clock = clock
        self._log = log
        self._outcomes: dict[str, _Outcome] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def passes(self, url: str, origin: str) -> bool:
        """Say whether the handler at `url` allows this origin."""
        async with self._locks[url]:
            outcome = self._outcomes.get(url)
            if outcome is None or outcome.until <= self._clock.now():
                passed = await self._ask(url, origin)
                outcome = self._outcomes[url] = self._remember(passed, outcome)
            return outcome.passed

    def forget(self) -> None:
        """Validate again before the next event, as after a change of the settings."""
        self._outcomes.clear()

    def _remember(self, passed: bool, former: _Outcome | None) -> _Outcome:
        now = self._clock.now()
        if passed:
            return _Outcome(True, now + self._pace.validated, self._pace.backoff)
        wait = former.backoff if former else self._pace.backoff
        return _Outcome(False, now + wait, min(wait * 2, self._pace.validated))

    async def _ask(self, url: str, origin: str) -> bool:
        try:
            answer = await self._send("OPTIONS", url, origin)
            if answer.status == 404:
                answer = await self._send("GET", url, origin)
        except (UnansweredError, TooLargeAnswerError):
            self._log.messaging("", Unpublished.VALIDATION_UNANSWERED.text())
            return False
        if not answer.is_success:
            self._log.messaging("", Published.VALIDATION_ANSWERED.text(url=url, status=answer.status))
            return False
        allowed = answer.headers.get("WebHook-Allowed-Origin", "").strip()
        if allowed != "*" and allowed.lower() != origin.lower():
            self._log.messaging("", Published.ORIGIN_MISSING.text(url=url, origins=allowed))
            return False
        return True

    async def _send(self, method: str, url: str, origin: str) -> Answer:
        self.requests += 1
        headers = {"WebHook-Request-Origin": origin, "ce-awpsversion": "1.0"}
        return await self._calls.send(method, url, headers, limit=self._pace.validation)
