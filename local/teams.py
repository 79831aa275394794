"""A channel of Teams behind a Workflows webhook: it accepts cards, and keeps them."""

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.certificates import certificate
from local.loopback import address_of, free_port, serving

# "The message size limit is 28 KB" (learn.microsoft.com, Teams: Workflows and incoming webhooks).
_LARGEST = 28 * 1024

_log = logging.getLogger(__name__)


@dataclass
class Channel:
    """What people see.

    Attributes:
        url: the webhook's address, which is a secret.
        cards: the Adaptive Cards received, oldest first.
    """

    url: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        """Accept one message; 202 says no more than that it was taken."""
        body = await request.body()
        if len(body) > _LARGEST:
            return Response("the message is too large", 413)
        try:
            attachments = json.loads(body)["attachments"]
            received = [attachment["content"] for attachment in attachments]
        except (ValueError, KeyError, TypeError):
            return Response("no message with attachments", 400)
        self.cards += received
        for card in received:
            _log.info("Teams shows a card: %s", card.get("fallbackText", ""))
        return Response(status_code=202)


@contextmanager
def teams() -> Iterator[Channel]:
    """Serve one channel until the block ends."""
    trusted, listener, channel = certificate(), free_port(), Channel()
    path = f"/workflows/{secrets.token_hex(8)}/triggers/manual/paths/invoke"
    channel.url = f"{address_of(listener)}{path}?sig={secrets.token_urlsafe(16)}"
    app = Starlette(routes=[Route(path, channel.receive, methods=["POST"])])
    with serving(app, listener, trusted):
        yield channel
