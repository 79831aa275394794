"""Log one `ws_closed` record per WebSocket connection, whatever way it ends.

Copy this file into your application; it needs nothing but the standard library. `docs/client-logging.md`
says how to install it and what each value means.
"""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any
from uuid import uuid4

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Application = Callable[[AsgiMessage, Receive, Send], Awaitable[None]]

# RFC 6455, 7.4.1: what the server reports where no Close frame came, or one without a code; 1000 is ASGI's default.
NORMAL, NO_CODE, LOST = 1000, 1005, 1006

_CALL_HEADER = b"x-ms-call-connection-id"
_PLAIN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")  # the header is the peer's text: only an id gets through
_SERVERS = ("uvicorn", "daphne", "hypercorn")


class WebSocketCloseRecord:
    """ASGI middleware: at the end of a WebSocket connection it logs `ws_closed` with the connection's numbers."""

    def __init__(
        self,
        app: Application,
        *,
        server: str | None = None,
        ping_interval_s: float | None = None,
        ping_timeout_s: float | None = None,
        logger: logging.Logger | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        """Wrap `app`; the ping settings are the server's own, which ASGI does not tell an application."""
        self.app = app
        self._server = server
        self._pings = {"ping_interval_s": ping_interval_s, "ping_timeout_s": ping_timeout_s}
        self._logger = logger or logging.getLogger("ws_closed")
        self._monotonic = monotonic
        self._new_id = new_id
        if self._logger.level == logging.NOTSET:
            self._logger.setLevel(logging.INFO)  # Python's root logger drops INFO unless it is told otherwise

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        connection = _Connection(receive, send, self._monotonic, self._writer(scope))
        ended_by = "error"
        try:
            await self.app(scope, connection.receive, connection.send)
            ended_by = "app"
        except asyncio.CancelledError:
            ended_by = "cancelled"
            raise
        finally:
            connection.end(ended_by)

    def _writer(self, scope: AsgiMessage) -> Callable[[dict[str, str]], None]:
        connection_id = self._new_id()

        def write(numbers: dict[str, str]) -> None:
            values = {
                "connection_id": connection_id,
                "call_connection_id": _call_connection_id(scope),
                "asgi_server": self._server or running_server(),
                **{name: None if value is None else f"{value:g}" for name, value in self._pings.items()},
            }
            self._logger.info(
                "ws_closed",
                extra={name: value for name, value in values.items() if value is not None} | numbers,
            )

        return write


class _Connection:
    """One connection, seen through the two callables that the server gave the application."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        monotonic: Callable[[], float],
        write: Callable[[dict[str, str]], None],
    ) -> None:
        self._receive = receive
        self._send = send
        self._now = monotonic
        self._write = write
        self._accepted_at: float | None = None
        self._last_message_at: float | None = None
        self._away_since: float | None = monotonic()  # none while the application waits in receive()
        self._max_gap = 0.0
        self._messages = 0
        self._ended = False

    async def receive(self) -> AsgiMessage:
        self._close_gap(self._now())
        try:
            message = await self._receive()
        finally:
            self._away_since = self._now()
        if message["type"] == "websocket.receive":
            self._messages += 1
            self._last_message_at = self._away_since
        elif message["type"] == "websocket.disconnect":
            self.end("disconnect", message.get("code") or NO_CODE)
        return message

    async def send(self, message: AsgiMessage) -> None:
        asked_at = self._now()  # sending a Close may wait for the peer's answer
        try:
            await self._send(message)
        except OSError:  # ASGI 2.4: how a server says that the connection is gone
            self.end("send", LOST)
            raise
        match message["type"]:
            case "websocket.accept" if not self._accepted:
                self._accepted_at = self._now()
                if self._away_since is not None:
                    self._away_since = self._accepted_at
            case "websocket.close":
                self.end("app" if self._accepted else "rejected", message.get("code", NORMAL), asked_at)
            case "websocket.http.response.start":
                self.end("rejected", None, asked_at)

    def end(self, ended_by: str, code: int | None = None, at: float | None = None) -> None:
        """Write the record, once: what ends a connection is the first thing that the application learns of it."""
        if self._ended:
            return
        self._ended = True
        with suppress(Exception):  # the application's log handlers may raise; no call may end by its record
            self._write(self._numbers(ended_by, code, self._now() if at is None else at))

    @property
    def _accepted(self) -> bool:
        return self._accepted_at is not None

    def _close_gap(self, now: float) -> None:
        if self._accepted and self._away_since is not None:
            self._max_gap = max(self._max_gap, now - self._away_since)
        self._away_since = None

    def _numbers(self, ended_by: str, code: int | None, now: float) -> dict[str, str]:
        numbers = {"ended_by": ended_by}
        if code is not None:
            numbers["close_code"] = str(int(code))  # websockets' own codes are enum members
        if self._accepted_at is None:
            return numbers  # never opened: it has no lifetime, and must not be counted as a short one
        self._close_gap(now)
        idle_since = self._accepted_at if self._last_message_at is None else self._last_message_at
        return numbers | {
            "lifetime_s": f"{now - self._accepted_at:.3f}",
            "idle_s": f"{now - idle_since:.3f}",
            "messages": str(self._messages),
            "max_receive_gap_s": f"{self._max_gap:.3f}",
        }


def running_server() -> str | None:
    """Name the ASGI server of this process and its version, or nothing where more than one is loaded."""
    loaded = [name for name in _SERVERS if name in sys.modules]
    return f"{loaded[0]}/{version(loaded[0])}" if len(loaded) == 1 else None


def _call_connection_id(scope: AsgiMessage) -> str | None:
    for name, value in scope.get("headers", ()):
        if name.lower() == _CALL_HEADER:
            text = value.decode("latin-1")
            return text if _PLAIN_ID.fullmatch(text) else None
    return None
