"""A channel behind a flow's webhook: it takes messages, posts their cards, and keeps the outcome of each request."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.teams.behaviour import Behaviour, BehaviourPlan, always_sound
from local.teams.limits import RATES, Meter, Rate
from local.teams.message import CardJson, RefusedMessageError, cards_of, failure_of
from shared.clock import Clock, SystemClock

_log = logging.getLogger(__name__)


class RequestOutcome(Enum):
    """The outcome of a request."""

    SHOWN = "shown"
    FAILED = "accepted, and its run failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request.

    Attributes:
        status: what was answered, or was to be where the answer was lost.
        reason: why it was refused, or why its run failed.
        cards: of the message; empty where it was refused.
    """

    at: datetime
    outcome: RequestOutcome
    status: int
    reason: str = ""
    cards: tuple[CardJson, ...] = ()


@dataclass
class Channel:
    """A channel of Teams and the requests to its webhook.

    Attributes:
        url: the webhook's address, which is a secret.
        page: the address at which the channel is drawn.
        rates: how many messages are taken; none is no limit.
        plan: what goes wrong, and when.
        received: every request, oldest first.
    """

    url: str = ""
    page: str = ""
    rates: Sequence[Rate] = RATES
    plan: BehaviourPlan = always_sound
    clock: Clock = field(default_factory=SystemClock)
    received: list[WebhookRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._meter = Meter(self.rates)

    @property
    def cards(self) -> list[CardJson]:
        """The cards that people see, oldest first."""
        return [
            card
            for request in self.received
            if request.outcome is RequestOutcome.SHOWN
            for card in request.cards
        ]

    async def receive(self, request: Request) -> Response:
        """Answer one request; 202 says no more than that a message was taken."""
        body = await request.body()
        behaviour = self.plan(len(self.received) + 1, now := self.clock.now())
        received, answer = self._met(body, behaviour, now)
        self.received.append(received)
        for card in received.cards:
            _log.info("Teams %s: %s", received.reason or "shows a card", card.get("fallbackText", ""))
        await asyncio.sleep(behaviour.delay)
        if behaviour.is_lost:
            # The receiving end of an ASGI message is a method of uvicorn's cycle, which holds the transport.
            request.receive.__self__.transport.abort()  # type: ignore[attr-defined]
        return answer

    def _met(self, body: bytes, behaviour: Behaviour, now: datetime) -> tuple[WebhookRequest, Response]:
        if behaviour.status != 202:
            return _refusal(now, behaviour.status, "as it was told to", behaviour.retry_after)
        if wait := self._meter.wait(now):
            return _refusal(now, 429, "Rate limit is exceeded. Try again later.", wait)
        try:
            cards = tuple(cards_of(body))
        except RefusedMessageError as error:
            return _refusal(now, 400, str(error))
        failure = "it was told to fail" if behaviour.fails_later else ""
        # Size and card are judged by the run: its caller has its 202 by then, and never hears of it.
        reason = failure or next(filter(None, (failure_of(card, len(body)) for card in cards)), "")
        outcome = RequestOutcome.FAILED if reason else RequestOutcome.SHOWN
        return WebhookRequest(now, outcome, 202, reason, cards), Response(status_code=202)


def _refusal(
    now: datetime, status: int, reason: str, retry_after: int | None = None
) -> tuple[WebhookRequest, Response]:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    answer = JSONResponse({"error": {"code": str(status), "message": reason}}, status, headers)
    return WebhookRequest(now, RequestOutcome.REFUSED, status, reason), answer
