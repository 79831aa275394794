"""Try the line: do what a client does on each hub of CANARY_HUB, and keep how it went for the watch."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current
from shared.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.configuration.resources import WatchedResource
    from shared.configuration.tokens import TokenResource
    from shared.health.readiness import Probe
    from shared.signals.tries import LineTry

_MINUTES = 5  # that the token of a try lasts; clocks differ
_SETTING = "setting CANARY_HUB"


def try_line_once(runtime: Runtime | None = None) -> "Sequence[LineTry]":
    """Try each hub once, side by side; nothing is tried where CANARY_HUB is not set.

    Raises:
        LinekeeperError: a hub is of no watched resource, or storage does not answer.
    """
    from concurrent.futures import ThreadPoolExecutor

    runtime = runtime or current()
    hubs = runtime.settings.canary_hubs
    if not hubs:
        return ()
    with ThreadPoolExecutor(len(hubs)) as pool:
        return list(pool.map(partial(_try_hub, runtime), hubs))


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that the line is tried."""
    from shared.health.readiness import Probe
    from shared.health.schedules import schedule_probe

    if not runtime.settings.canary_hubs:
        return
    yield schedule_probe("CANARY_SCHEDULE", runtime.settings.canary_schedule)
    for hub in runtime.settings.canary_hubs:
        yield Probe(f"hub {hub} of CANARY_HUB", partial(_resources_of, runtime, hub))


def _try_hub(runtime: Runtime, hub: str) -> "LineTry":
    from shared.cloud.web_pubsub.line import WebSocketLine
    from shared.health.canary.attempt import try_hub

    now = runtime.clock.now()
    watched, line = _resources_of(runtime, hub)
    tries = stores.tries(runtime.fast_storage)
    give = _address_giver(runtime, line, hub)
    line_try = try_hub(watched.id, hub, give, WebSocketLine, tries=tries, now=now)
    runtime.pushed_asks.note(watched.id, is_bad=line_try.is_bad)
    return line_try


def _address_giver(runtime: Runtime, resource: "TokenResource", hub: str) -> "Callable[[str], str]":
    """Return what gives the address of a client that may use one group: by the signer that signs for all clients."""
    from shared.health.canary.steps import USER
    from shared.tokens.policy import Rights

    def address_of(group: str) -> str:
        roles = (f"webpubsub.joinLeaveGroup.{group}", f"webpubsub.sendToGroup.{group}")
        return runtime.tokens.signer_of(resource).sign(hub, Rights(USER, roles), _MINUTES).url

    return address_of


def _resources_of(runtime: Runtime, hub: str) -> "tuple[WatchedResource, TokenResource]":
    """Return the resource that has a hub, as it is watched and as its tokens are signed.

    A hub that tokens.yaml names is of the resource that stands there. Any other is of the only Web PubSub resource that
    is watched, so that nobody else needs to get tokens for it.

    Raises:
        InputError: it is of none of them.
    """
    from shared.configuration.tokens import TokenResource
    from shared.signals.signal import WEB_PUBSUB

    watched = [resource for resource in runtime.configuration().resources if resource.service == WEB_PUBSUB]
    for resource in runtime.tokens.rules().resources:
        if hub.lower() in {declared.name.lower() for declared in resource.hubs}:
            named = [each for each in watched if resource.name in (each.id, each.id.rpartition("/")[2])]
            if len(named) != 1:
                raise InputError(
                    _SETTING,
                    f"{hub!r} is a hub of {resource.name}, which resources.yaml does not name",
                    "a hub of a watched resource",
                )
            return named[0], resource
    if len(watched) != 1:
        raise InputError(
            _SETTING,
            f"{hub!r} stands in no entry of tokens.yaml, and {len(watched)} Web PubSub resources are watched",
            "a hub of tokens.yaml",
        )
    return watched[0], TokenResource(watched[0].id, ())
