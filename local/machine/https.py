"""Serve an app over HTTPS on a free port of this machine, in a thread of this process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class ServedCall:
    """One request that a server of this process got."""

    method: str
    path: str
    query: str


_records: list[list[ServedCall]] = []  # of everybody who wants to know


@contextmanager
def recorded_calls() -> Iterator[list[ServedCall]]:
    """Note every request to every server of this process until the block ends."""
    calls: list[ServedCall] = []
    _records.append(calls)
    try:
        yield calls
    finally:
        _records.remove(calls)


class HttpsServer(uvicorn.Server):
    """A uvicorn server that says when it listens.

    Attributes:
        loop: where its app runs, once it listens.
    """

    loop: asyncio.AbstractEventLoop

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn would close every WebSocket, and fails at one that is closing.
        for protocol in list(self.server_state.connections):
            if hasattr(protocol, "handshake_complete"):
                protocol.transport.abort()
        await asyncio.sleep(0)
        await super().shutdown(sockets)

    def cut(self, client: tuple[str, int]) -> None:
        """Drop a client's TCP connection without a word, in the server's own thread."""
        for protocol in list(self.server_state.connections):
            if getattr(protocol, "client", None) == client:
                protocol.transport.abort()


def free_port() -> socket.socket:
    """Listen on a port that no one else has; nothing is lost before the server takes over."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the base address that a listener will serve."""
    return f"https://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def https_server(
    app: ASGIApp, listener: socket.socket, certificate: Path, *, keepalive: timedelta | None = None
) -> Iterator[HttpsServer]:
    """Serve the app until the block ends; with `keepalive` it serves WebSockets too, and pings them that often."""
    websockets: dict[str, Any] = {"ws": "none"}
    if keepalive is not None:
        seconds = keepalive.total_seconds()
        # Web PubSub takes messages of up to 1 MB.
        websockets = {
            "ws": "websockets-sansio",
            "ws_ping_interval": seconds,
            "ws_ping_timeout": seconds,
            "ws_max_size": 1024 * 1024,
        }
    config = uvicorn.Config(
        _recording(app),
        http="h11",
        **websockets,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what goes wrong in an answer stands in that answer
        access_log=False,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(certificate),
        timeout_keep_alive=120,
        timeout_graceful_shutdown=1,
    )
    server = HttpsServer(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="small-azure", daemon=True)
    thread.start()
    try:
        if not server.listening.wait(timeout=10):
            raise RuntimeError(f"the server of {address_of(listener)} did not start within 10 s")
        yield server
    finally:
        server.should_exit = True
        server.force_exit = True  # callers keep their connections open for the next query
        thread.join()
        listener.close()


def _recording(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            call = ServedCall(scope["method"], scope["path"], scope["query_string"].decode())
            for record in _records:
                record.append(call)
        await app(scope, receive, send)

    return answer
