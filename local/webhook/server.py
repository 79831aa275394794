"""Serve a receiver of webhooks on this machine."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.teams.behaviour import BehaviourPlan, always_sound
from local.webhook.receiver import WebhookReceiver
from shared.clock import Clock, SystemClock


@contextmanager
def webhook_receiver(
    *, plan: BehaviourPlan = always_sound, clock: Clock | None = None
) -> Iterator[WebhookReceiver]:
    """Serve one receiver until the block ends, with a key of its own."""
    trusted, listener = certificate(), free_port()
    path = f"/incidents/{secrets.token_hex(8)}"
    key = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    receiver = WebhookReceiver(address_of(listener) + path, key, plan, clock or SystemClock())
    with https_server(Starlette(routes=[Route(path, receiver.receive, methods=["POST"])]), listener, trusted):
        yield receiver
