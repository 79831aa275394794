"""The settings of hubs, and how long the service waits for what."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

SYSTEM_EVENTS = frozenset({"connect", "connected", "disconnected"})

# https://github.com/Azure/azure-rest-api-specs/blob/main/specification/webpubsub/data-plane/WebPubSub/routes.tsp
_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")


def is_hub_name(name: str) -> bool:
    """Say whether the service takes a hub of this name."""
    return _HUB_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class EventHandler:
    """One event handler of a hub; of several the first that matches is called.

    Attributes:
        url_template: may hold `{hub}` and `{event}`.
        user_events: `*`, or names with commas between them.
        bearer: gives the token of the resource's managed identity, where the handler is set to use it.
    """

    url_template: str
    system_events: frozenset[str] = frozenset()
    user_events: str = ""
    bearer: Callable[[], str] | None = None

    def takes_system(self, event: str) -> bool:
        """Say whether a system event goes here."""
        return event in self.system_events

    def takes_user(self, event: str) -> bool:
        """Say whether a user event goes here; names match in any case."""
        names = {name.strip().lower() for name in self.user_events.split(",")}
        return "*" in names or event.lower() in names


@dataclass(slots=True)
class Hub:
    """The settings of a hub; a hub without settings exists too, and has no handler.

    Attributes:
        anonymous: whether a client may connect without a token.
        quota: how many connections the hub takes, for tests of the limit; the real one belongs to the resource.
    """

    handlers: list[EventHandler] = field(default_factory=list)
    anonymous: bool = False
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the service waits; a test makes it quicker with `times`.

    Attributes:
        ack: before an ack is sent. The published synchronous client loses acks that come within the same moment.
        retries: between tries of a call to a handler.
        handler: until a handler's response headers are there, retries included.
        validation: for each request of the abuse protection.
        validated: how long a passed validation is remembered.
        backoff: after a first failed validation, doubled up to `validated` after each that follows.
        recovery: how long a lost reliable connection may come back.
        keepalive: between WebSocket pings, and until a pong must be there.
    """

    ack: timedelta = timedelta(milliseconds=10)
    retries: tuple[timedelta, ...] = (timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=5))
    handler: timedelta = timedelta(seconds=100)
    validation: timedelta = timedelta(seconds=10)
    validated: timedelta = timedelta(seconds=60)
    backoff: timedelta = timedelta(seconds=1)
    recovery: timedelta = timedelta(seconds=30)
    keepalive: timedelta = timedelta(seconds=20)

    def times(self, factor: float) -> "Pace":
        """Return a pace whose waits are scaled; limits of what others do, acks and pings keep their time."""
        return replace(
            self,
            retries=tuple(wait * factor for wait in self.retries),
            validated=self.validated * factor,
            backoff=self.backoff * factor,
            recovery=self.recovery * factor,
        )
