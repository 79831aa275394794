"""Serve a channel of Teams on this machine: its webhook, and the page that shows it."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.teams.behaviour import BehaviourPlan, always_sound
from local.teams.channel import Channel
from local.teams.limits import RATES, Rate
from local.teams.page import PATH, page_routes
from shared.clock import Clock, SystemClock


@contextmanager
def teams(
    *, rates: Sequence[Rate] = RATES, plan: BehaviourPlan = always_sound, clock: Clock | None = None
) -> Iterator[Channel]:
    """Serve one channel until the block ends; its rates and its plan go by the clock."""
    trusted, listener = certificate(), free_port()
    address = address_of(listener)
    path = f"/workflows/{secrets.token_hex(8)}/triggers/manual/paths/invoke"
    channel = Channel(
        f"{address}{path}?sig={secrets.token_urlsafe(16)}",
        address + PATH,
        rates,
        plan,
        clock or SystemClock(),
    )
    routes = [Route(path, channel.receive, methods=["POST"]), *page_routes(channel)]
    with https_server(Starlette(routes=routes), listener, trusted):
        yield channel
