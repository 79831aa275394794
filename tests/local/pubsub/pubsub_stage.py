"""What tests of the Web PubSub stand-in share: rows, a plain client, and an event handler that remembers."""

import asyncio
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.pubsub.service import PubSubService

JSON, RELIABLE = "json.webpubsub.azure.v1", "json.reliable.webpubsub.azure.v1"
ALL_RIGHTS = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
PATIENCE_S = 10.0


class MemoryRows:
    """Log rows by table."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Mapping[str, object]]] = {}

    def add(self, table: str, row: Mapping[str, object]) -> None:
        self.tables.setdefault(table, []).append(row)

    def of(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        return [tuple(row[column] for column in columns) for row in self.tables.get(table, [])]


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate()))


def token(service: PubSubService, hub: str = "lobby", *, key: str | None = None, **claims: object) -> str:
    """A client's token that is right in all but what `claims` says; None takes a claim away."""
    now = datetime.now(UTC)
    whole = {
        "aud": f"{service.endpoint}/client/hubs/{hub}",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "sub": "alice",
        "role": ALL_RIGHTS,
        **claims,
    }
    held = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(held, key or service.keys.primary, "HS256")


def client_address(service: PubSubService, hub: str = "lobby", **query: str) -> str:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"wss{service.endpoint.removeprefix('https')}/client/hubs/{hub}?{words}"


def open_client(
    service: PubSubService,
    hub: str = "lobby",
    *,
    protocols: Sequence[str] = (JSON,),
    access_token: str | None = None,
    address: str = "127.0.0.1",
    **query: str,
) -> ClientConnection:
    """Connect a plain client; from 127.0.0.x it is another caller."""
    query = {"access_token": token(service, hub) if access_token is None else access_token, **query}
    return connect(
        client_address(service, hub, **query),
        ssl=trusting(),
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        source_address=(address, 0),
        open_timeout=PATIENCE_S,
        max_queue=None,  # it reads on while it sends
    )


def handshake_status(
    service: PubSubService,
    hub: str = "lobby",
    *,
    protocols: Sequence[str] = (JSON,),
    access_token: str | None = None,
    address: str = "127.0.0.1",
    **query: str,
) -> int:
    """What a client's handshake is answered; without a WebSocket library, whose threads may outlive a refusal."""
    query = {"access_token": token(service, hub) if access_token is None else access_token, **query}
    connection = http.client.HTTPSConnection(
        service.endpoint.removeprefix("https://"),
        timeout=PATIENCE_S,
        context=trusting(),
        source_address=(address, 0),
    )
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **({"Sec-WebSocket-Protocol": ", ".join(protocols)} if protocols else {}),
    }
    with closing(connection):
        connection.request("GET", f"/client/hubs/{hub}?{urlencode(query)}", headers=headers)
        return connection.getresponse().status


def send(client: ClientConnection, **frame: object) -> None:
    client.send(json.dumps(frame))


def receive(client: ClientConnection) -> dict[str, Any]:
    frame = json.loads(client.recv(timeout=PATIENCE_S))
    assert isinstance(frame, dict)
    return frame


def receive_kind(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of a type; others are passed over."""
    while True:
        frame = receive(client)
        if frame["type"] == kind:
            return frame


class RecordingHandler:
    """An event handler that remembers requests, and answers what `answer` says.

    Attributes:
        allowed: the origin that it allows.
        slow_s: how long it takes to answer an event.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.allowed: str | None = "*"
        self.validation_status = 200
        self.slow_s = 0.0
        self.answer: Callable[[str], Response] = lambda _: Response(status_code=204)
        self._arrived = threading.Condition()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve it; yield the template of its address."""
        listener = free_port()
        app = Starlette(routes=[Route("/hooks/{event}", self._receive, methods=["OPTIONS", "GET", "POST"])])
        with https_server(app, listener, certificate()):
            yield address_of(listener) + "/hooks/{event}"

    def events(self) -> list[str]:
        return [event for method, event, _, _ in self.requests if method == "POST"]

    def of(self, event: str) -> tuple[Mapping[str, str], bytes]:
        """The headers and body of the first request with an event, which is waited for."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: event in self.events(), PATIENCE_S), f"no {event} came"
        return next((headers, body) for method, name, headers, body in self.requests if name == event and method == "POST")  # fmt: skip

    async def _receive(self, request: Request) -> Response:
        event = request.path_params["event"]
        body = await request.body()
        with self._arrived:
            self.requests.append((request.method, event, dict(request.headers), body))
            self._arrived.notify_all()
        if request.method != "POST":
            headers = {} if self.allowed is None else {"WebHook-Allowed-Origin": self.allowed}
            return Response(status_code=self.validation_status, headers=headers)
        await asyncio.sleep(self.slow_s)
        return self.answer(event)


def wait_until(happened: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait for something that another thread or process does."""
    condition = threading.Event()
    for _ in range(int(seconds * 100)):
        if happened():
            return
        condition.wait(0.01)
    raise AssertionError("it did not happen in time")
