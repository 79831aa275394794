"""Requests whose answer must begin in time: a server that sends its headers letter by letter holds no caller up for longer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


@contextmanager
def session_in_time() -> Iterator[Session]:
    """Return a session in which the timeout for an answer holds from the request to the last of the headers.

    Without it that timeout holds for each part of them that arrives. What has arrived by then is the answer.
    """
    with Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, _AdapterInTime())
        yield session


class _InTime:
    """A connection that ends where the headers of an answer are not there in time; mixed into those of urllib3."""

    sock: socket.socket | None
    timeout: float | None

    def getresponse(self) -> Any:
        """Read the status and the headers of an answer."""
        late = Timer(self.timeout or 0, _end, (self.sock,))
        late.daemon = True
        if self.timeout:
            late.start()
        try:
            return super().getresponse()  # type: ignore[misc]  # of urllib3
        finally:
            late.cancel()


class _Connection(_InTime, HTTPConnection):
    """Without TLS."""


class _TlsConnection(_InTime, HTTPSConnection):
    """With TLS."""


class _Pool(HTTPConnectionPool):
    """Makes connections without TLS."""

    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    """Makes connections with TLS."""

    ConnectionCls = _TlsConnection


class _AdapterInTime(HTTPAdapter):
    """Sends requests over those connections."""

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        """Take our pools."""
        super().init_poolmanager(*given, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _end(connection: socket.socket | None) -> None:
    """End a connection under whoever reads from it; that of TLS without a farewell, for which it would wait."""
    if connection is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
