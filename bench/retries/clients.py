"""When the official clients do what after a drop, and what our provider adds; in virtual time.

Read in their source: `_handleConnectionClose` and `_autoReconnect` of @azure/web-pubsub-client 1.1.0, `on_close` and
`_handle_auto_reconnect` of azure-messaging-webpubsubclient 1.1.0. `times.json` holds what they did when they were run.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

RECOVERY = 30.0  # seconds
_BETWEEN_RECOVERIES = 1.0


class Step(Enum):
    """What a client does next."""

    WAIT = "wait"
    RECOVER = "recover"
    ASK = "ask"  # negotiate for an address
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client hears, and when.

    Attributes:
        wait: what negotiate says: `connectAfterMs`, or `retryAfterMs` where it gives no address; in seconds.
        is_refused: a recovery was refused with 1008, so another would be too.
    """

    now: float
    ok: bool
    wait: float = 0.0
    is_refused: bool = False


Life = Generator[tuple[float, Step], Reply, bool]


@dataclass(frozen=True, slots=True)
class OfficialClient:
    """How a published client retries.

    Attributes:
        retry_delay: after so many failures in a row to be given an address and connect; None ends the client.
        checks_before_pause: whether it looks at the end of the 30 seconds before it pauses, and not after it.
    """

    name: str
    retry_delay: Callable[[int], float | None]
    checks_before_pause: bool


JAVASCRIPT = OfficialClient("JavaScript", lambda _: 1.0, checks_before_pause=False)
PYTHON = OfficialClient(
    "Python", lambda failures: 0.8 * 2 ** (failures - 1) if failures <= 3 else None, checks_before_pause=True
)


class StockProvider:
    """A provider that asks negotiate, and gives on at once what it hears."""

    reopens: ClassVar[bool] = False

    def address(self) -> Life:
        """Return whether there is an address."""
        reply = yield 0.0, Step.ASK
        return reply.ok


@dataclass(slots=True)
class OurProvider:
    """The provider of docs/clients.md, for a line that has stood for a while.

    Attributes:
        reopens: its program opens a client that gave up.
    """

    reopens: ClassVar[bool] = True

    random: Callable[[], float]
    _failures: int = field(default=0)

    def address(self) -> Life:
        """Return True, when it is this client's turn."""
        while True:
            pause = _pause(self._failures, self.random())
            self._failures += 1
            reply = yield pause, Step.ASK
            yield reply.wait, Step.WAIT
            if reply.ok:
                return True


def life_after_a_drop(client: OfficialClient, provider: StockProvider | OurProvider, dropped: float) -> Life:
    """Do what a client does from the drop on; return whether it is connected again, and not given up."""
    if (yield from _recovered(client, dropped)):
        return True
    failures = 0
    while True:
        if (yield from provider.address()) and (yield 0.0, Step.CONNECT).ok:
            return True
        failures += 1
        delay = client.retry_delay(failures)
        if delay is not None:
            yield delay, Step.WAIT
        elif provider.reopens:
            failures = 0
        else:
            return False


def _recovered(client: OfficialClient, dropped: float) -> Life:
    pause = 0.0
    while True:
        reply = yield pause, Step.RECOVER
        if reply.ok or reply.is_refused:
            return reply.ok
        pause = _BETWEEN_RECOVERIES
        if client.checks_before_pause:
            if reply.now - dropped >= RECOVERY:
                return False
        elif reply.now - dropped + pause >= RECOVERY:
            yield pause, Step.WAIT
            return False


def _pause(failures: int, chance: float) -> float:
    return chance * min(60.0, 2.0 ** min(failures - 1, 10)) if failures else 0.0
