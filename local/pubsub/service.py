"""Serve one Web PubSub resource on a free port of this machine."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.machine.certificates import certificate as made_certificate
from local.machine.https import address_of, free_port, https_server
from local.pubsub.hubs import Hub, Pace
from local.pubsub.keys import AccessKeys, KeyName
from local.pubsub.log import Log, Rows
from shared.clock import Clock, SystemClock


class PubSubService:
    """A Web PubSub resource, open while its `with` block runs.

    Attributes:
        endpoint: its address, without a slash at the end.
        keys: its access keys.
        hubs: the settings of hubs by name in lower case; they may be changed at any time.
        identity: whose Entra tokens the REST API takes; without one it takes access keys only.
    """

    def __init__(
        self,
        certificate: Path | None = None,
        *,
        clock: Clock | None = None,
        keys: AccessKeys | None = None,
        hubs: Mapping[str, Hub] | None = None,
        rows_to: Rows | None = None,
        identity: Identity | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Make a resource; `rows_to` gets the rows of its resource logs."""
        self._certificate = certificate or made_certificate()
        self._clock = clock or SystemClock()
        self._pace = pace or Pace()
        self._listener = free_port()
        self._log = Log(rows_to, self._clock)
        self._open = ExitStack()
        self.endpoint = address_of(self._listener)
        self.keys = keys or AccessKeys()
        self.hubs = {name.lower(): hub for name, hub in (hubs or {}).items()}
        self.identity = identity

    def connection_string(self, key: KeyName = "primary") -> str:
        """Return the connection string of a key, as the portal shows it."""
        return f"Endpoint={self.endpoint};AccessKey={self.keys.named(key)};Version=1.0;"

    def __enter__(self) -> Self:
        """Listen."""
        app = Starlette(routes=[Route("/api/health", _healthy, methods=["GET"])])
        self._open.enter_context(
            https_server(app, self._listener, self._certificate, keepalive=self._pace.keepalive)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection and the port."""
        self._open.close()


async def _healthy(_: Request) -> Response:
    return Response()
