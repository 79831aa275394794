"""Serve an app over HTTPS on a free port of this machine, in a thread of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


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
def https_server(app: ASGIApp, listener: socket.socket, certificate: Path) -> Iterator[None]:
    """Serve the app until the block ends."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
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
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="small-azure", daemon=True)
    thread.start()
    try:
        if not server.listening.wait(timeout=10):
            raise RuntimeError(f"the server of {address_of(listener)} did not start within 10 s")
        yield
    finally:
        server.should_exit = True
        server.force_exit = True  # callers keep their connections open for the next query
        thread.join()
        listener.close()
