"""What a try needs of a line, and how a call without a time limit of its own gets one."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from shared.errors import LinekeeperError

_T = TypeVar("_T")


class LineDownError(LinekeeperError):
    """A step of a try that failed; the message is what went wrong, in the service's own words where it has any."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


class NoAnswerError(LineDownError):
    """A step that has not ended within its limit."""

    def __init__(self, within: timedelta) -> None:
        super().__init__(f"no answer within {within.total_seconds():.3g} s")


class Line(Protocol):
    """One connection of a client, step by step; every step but the last is called once, in this order.

    Each raises `LineDownError` where it fails, and `NoAnswerError` where it has not ended within its limit.
    """

    def resolve(self, within: timedelta) -> None:
        """Find the address of the service's host."""
        ...

    def reach(self, within: timedelta) -> None:
        """Open a TCP connection."""
        ...

    def secure(self, within: timedelta) -> None:
        """Begin TLS, and check the certificate."""
        ...

    def upgrade(self, within: timedelta) -> None:
        """Ask for the WebSocket."""
        ...

    def send(self, frame: Mapping[str, object]) -> None:
        """Send a frame of the JSON subprotocol."""
        ...

    def receive(self, within: timedelta) -> Mapping[str, Any]:
        """Return the next frame."""
        ...

    def close(self, within: timedelta) -> None:
        """Close the WebSocket, and wait until the service has done so too."""
        ...

    def abandon(self) -> None:
        """Let go of what is open; never fails."""
        ...


def in_time(call: Callable[[], _T], within: timedelta) -> _T:
    """Return what a call returns; one that takes longer goes on alone, and nobody waits for it.

    Raises:
        TimeoutError: it has not ended in time; what it raises itself comes through.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="canary")
    try:
        return pool.submit(call).result(within.total_seconds())
    finally:
        pool.shutdown(wait=False)
