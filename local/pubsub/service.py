"""Serve one Web PubSub resource on a free port of this machine."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from local.azure.identity import Identity
from local.machine.certificates import certificate as made_certificate
from local.machine.https import HttpsServer, address_of, free_port, https_server
from local.pubsub.bearer import Bearers
from local.pubsub.clients.connection import Connection
from local.pubsub.clients.handshake import Doors, Handshake
from local.pubsub.clients.lives import Lives
from local.pubsub.clients.roster import Roster
from local.pubsub.clients.session import Sessions
from local.pubsub.hubs import Hub, Pace
from local.pubsub.keys import AccessKeys, KeyName
from local.pubsub.log import RESOURCE, Log, Rows
from local.pubsub.rest.api import RestApi
from local.pubsub.rest.operations import Operations
from local.pubsub.upstream.calls import Calls
from local.pubsub.upstream.events import Writer
from local.pubsub.upstream.handlers import Upstream
from local.pubsub.upstream.validation import Validation
from shared.clock import Clock, SystemClock

_PATIENCE_S = 10.0


class PubSubService:
    """A Web PubSub resource, open while its `with` block runs.

    Attributes:
        endpoint: its address, without a slash at the end.
        keys: its access keys.
        hubs: the settings of hubs by name in lower case; they may be changed at any time.
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
        host: str | None = None,
        resource: str = RESOURCE,
    ) -> None:
        """Make a resource.

        Args:
            certificate: what it serves, and what it trusts of event handlers.
            clock: by which tokens and validations end.
            keys: its access keys.
            hubs: the settings of hubs by name.
            rows_to: gets the rows of its resource logs.
            identity: whose Entra tokens the REST API takes; without one it takes access keys only.
            pace: how long it waits for what.
            host: the origin of its events; its address without one.
            resource: the resource id of its log rows.
        """
        self._certificate = certificate or made_certificate()
        self._pace = pace or Pace()
        self._listener = free_port()
        self.endpoint = address_of(self._listener)
        self.keys = keys or AccessKeys()
        self.hubs = {name.lower(): hub for name, hub in (hubs or {}).items()}
        clock = clock or SystemClock()
        log = Log(rows_to, clock, resource)
        self._calls = Calls(self._pace, self._certificate)
        self._validation = Validation(self._calls, self._pace, clock, log)
        writer = Writer(self.keys, clock, host or urlsplit(self.endpoint).netloc)
        upstream = Upstream(self.hubs, writer, self._calls, self._validation, pace=self._pace, log=log)
        self._roster = Roster()
        self._lives = Lives(self._roster, upstream, log, self._pace)
        bearers = Bearers(self.keys, clock)
        sessions = Sessions(self._roster, self._lives, upstream, self._pace.ack)
        self._handshake = Handshake(
            Doors(bearers, self.hubs, self._roster, upstream, self._lives, sessions, log, self.endpoint)
        )
        operations = Operations(self._roster, self._lives, bearers, self.endpoint)
        self._api = RestApi(operations, bearers, identity, log, self.endpoint)
        self._open = ExitStack()
        self._server: HttpsServer | None = None

    def __enter__(self) -> Self:
        """Listen."""
        routes: list[BaseRoute] = [
            WebSocketRoute("/client/hubs/{hub}", self._handshake.of_path),
            WebSocketRoute("/client", self._handshake.of_query),
            WebSocketRoute("/client/", self._handshake.of_query),
            *self._api.routes(),
        ]
        app = Starlette(routes=routes)
        serving = https_server(app, self._listener, self._certificate, keepalive=self._pace.keepalive)
        self._open.callback(self._calls.close)
        self._server = self._open.enter_context(serving)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection and the port."""
        if self._server is not None:
            self._server.loop.call_soon_threadsafe(self._lives.stop)
        self._open.close()

    def connection_string(self, key: KeyName = "primary") -> str:
        """Return the connection string of a key, as the portal shows it."""
        return f"Endpoint={self.endpoint};AccessKey={self.keys.named(key)};Version=1.0;"

    @property
    def recovers(self) -> bool:
        """Whether lost reliable connections may come back; False refuses each with 1008."""
        return self._lives.recovers

    @recovers.setter
    def recovers(self, value: bool) -> None:
        self._lives.recovers = value

    @property
    def validations(self) -> int:
        """How many requests of the abuse protection were sent."""
        return self._validation.requests

    def validate_again(self) -> None:
        """Forget which handlers allow our events, as after a change of a hub's settings."""
        self._validation.forget()

    def connections(self, hub: str | None = None) -> list[str]:
        """Return the ids of the connections of a hub, or of all, lost reliable ones included."""
        return [connection.id for connection in self._of(hub)]

    def close(self, connection_id: str, reason: str = "") -> None:
        """Close a connection for good, as the REST API does."""
        for connection in self._named(connection_id):
            self._run(self._lives.close(connection, reason))

    def close_all(self, hub: str | None = None, reason: str = "") -> None:
        """Close the connections of a hub, or all, for good: their clients are refused recovery with 1008."""
        for connection in self._of(hub):
            self._run(self._lives.close(connection, reason))

    def cut(self, connection_id: str) -> None:
        """Drop a client's TCP connection without a word, as a network does; a reliable client may come back."""
        for connection in self._named(connection_id):
            if connection.socket is not None and self._server is not None:
                client = connection.socket.scope["client"]
                self._server.loop.call_soon_threadsafe(self._server.cut, client)

    def reload(self) -> None:
        """Close everyone as a reload of the service does; reliable clients may come back."""
        self._run(self._lives.reload())

    def _of(self, hub: str | None) -> list[Connection]:
        return self._roster.everyone() if hub is None else self._roster.of_hub(hub)

    def _named(self, connection_id: str) -> list[Connection]:
        return [connection for connection in self._roster.everyone() if connection.id == connection_id]

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if self._server is None:
            raise RuntimeError("the service is not open")
        asyncio.run_coroutine_threadsafe(work, self._server.loop).result(_PATIENCE_S)
