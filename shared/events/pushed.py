"""Ask that what is pushed to us is judged at once: what Web PubSub sent, and how our own tries of the line went.

The watch counts the same once a minute, so that an ask which is lost, or left out, costs a minute at most.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from shared.clock import Clock, iso
from shared.errors import InputError, LinekeeperError

EVERY = timedelta(seconds=5)  # a process asks for one resource no more often

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PushedAsk:
    """An ask to judge what a resource pushed; all that was kept until `at` is meant."""

    resource: str  # ARM id in lower case
    at: datetime

    def text(self) -> str:
        """Return it as a message of the queue."""
        return json.dumps({"resource": self.resource, "asked_at": iso(self.at)})

    @classmethod
    def of(cls, message: str) -> "PushedAsk":
        """Read a message of the queue.

        Raises:
            InputError: it is no such ask; after five attempts the host moves it aside.
        """
        try:
            values = json.loads(message)
            resource, at = values["resource"], datetime.fromisoformat(values["asked_at"])
            if isinstance(resource, str) and at.tzinfo is not None:
                return cls(resource, at)
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        expected = '{"resource": "<ARM id>", "asked_at": "<time>"}'
        raise InputError("message of queue pushed", f"{message[:80]!r}", expected)


class PushedAsks(Protocol):
    """The queue of asks."""

    def ask(self, ask: PushedAsk) -> None:
        """Ask for a look; it may come more than once, or not at all.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...


class DampedAsks:
    """Asks where something bad was kept, at most once in five seconds for each resource; threads may share it."""

    def __init__(self, asks: PushedAsks, clock: Clock) -> None:
        self._asks = asks
        self._clock = clock
        self._lock = Lock()
        self._owed: set[str] = set()
        self._asked_at: dict[str, datetime] = {}

    def note(self, resource: str, *, is_bad: bool) -> None:
        """Note what was kept of a resource; what was bad too soon after an ask is asked for by what comes next."""
        now = self._clock.now()
        with self._lock:
            if is_bad:
                self._owed.add(resource)
            last = self._asked_at.get(resource)
            if resource not in self._owed or (last is not None and abs(now - last) < EVERY):
                return
            self._owed.discard(resource)
            self._asked_at[resource] = now
        try:
            self._asks.ask(PushedAsk(resource, now))
        except LinekeeperError as error:
            _log.warning("nobody was asked to judge %s at once: %s", resource, error.message)
