"""Let a client in, or refuse it before the upgrade."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.websockets import WebSocket

from local.pubsub.bearer import Bearers, Claims, RefusedTokenError
from local.pubsub.clients.connection import Connection, Protocol, RawMode
from local.pubsub.clients.lives import NO_RECOVERY, Lives
from local.pubsub.clients.permissions import is_group_name
from local.pubsub.clients.roster import Roster
from local.pubsub.clients.session import Sessions
from local.pubsub.hubs import Hub, is_hub_name
from local.pubsub.log import Log
from local.pubsub.texts import Published, Unpublished
from local.pubsub.upstream.events import ConnectRequest
from local.pubsub.upstream.handlers import RefusedConnectError, Upstream

_SPOKEN = {protocol.value: protocol for protocol in (Protocol.JSON, Protocol.RELIABLE)}
_WITHHELD = ("ce-", "webhook-", "x-webpubsub-")


class RefusedClientError(Exception):
    """The client is answered a status instead of the upgrade; the message is what the log says."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Doors:
    """What is asked before a client is let in."""

    bearers: Bearers
    hubs: Mapping[str, Hub]
    roster: Roster
    upstream: Upstream
    lives: Lives
    sessions: Sessions
    log: Log
    endpoint: str


class Handshake:
    """Answers the clients of one resource; an ASGI endpoint takes each socket to it."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def of_path(self, socket: WebSocket) -> None:
        """Answer `/client/hubs/{hub}`."""
        await self._answer(socket, socket.path_params["hub"])

    async def of_query(self, socket: WebSocket) -> None:
        """Answer `/client/?hub=`."""
        await self._answer(socket, socket.query_params.get("hub", ""))

    async def _answer(self, socket: WebSocket, hub: str) -> None:
        query = socket.query_params
        if "awps_connection_id" in query and "awps_reconnection_token" in query:
            await self._recover(socket, hub)
            return
        try:
            connection = await self._admit(socket, hub)
        except RefusedClientError as refused:
            self._record(socket, refused.status, str(refused))
            await socket.send_denial_response(Response(status_code=refused.status))
            return
        await socket.accept(connection.subprotocol or None)
        self._record(socket, 101)
        connection.socket = socket
        await self._doors.lives.begin(connection)
        await self._doors.sessions.converse(connection, socket)

    async def _recover(self, socket: WebSocket, hub: str) -> None:
        """Go on with a connection, whatever has become of its token; a refusal is a close with 1008."""
        query = socket.query_params
        connection = self._doors.lives.recover(
            hub, query["awps_connection_id"], query["awps_reconnection_token"]
        )
        offered = socket.scope["subprotocols"]
        await socket.accept(Protocol.RELIABLE if Protocol.RELIABLE in offered else None)
        self._record(socket, 101)
        if connection is None:
            await socket.close(NO_RECOVERY)
            return
        if (former := connection.socket) is not None:
            connection.socket = None
            await former.close()
        await self._doors.lives.resume(connection, socket)
        await self._doors.sessions.converse(connection, socket)

    async def _admit(self, socket: WebSocket, hub: str) -> Connection:
        if not is_hub_name(hub):
            raise RefusedClientError(400, Unpublished.HUB_NAME.text())
        claims = self._claims(socket, hub)
        self._check_quota(socket, hub)
        offered = socket.scope["subprotocols"]
        protocol = next((_SPOKEN[name] for name in offered if name in _SPOKEN), Protocol.RAW)
        connection = Connection(
            hub,
            protocol,
            protocol.value or None,
            claims.user_id,
            set(claims.roles),
            set(claims.groups),
            address=_address(socket),
            raw_mode=_raw_mode(socket.query_params),
        )
        await self._ask_handler(socket, connection, claims)
        if offered and connection.subprotocol is None:
            raise RefusedClientError(400, Unpublished.PROTOCOL.text())
        return connection

    def _claims(self, socket: WebSocket, hub: str) -> Claims:
        scheme, _, bearer = socket.headers.get("Authorization", "").partition(" ")
        token = socket.query_params.get("access_token") or (bearer if scheme.lower() == "bearer" else "")
        if not token:
            if self._hub(hub).anonymous:
                return Claims()
            raise RefusedClientError(401, Unpublished.NOT_SIGNED_IN.text())
        try:
            return self._doors.bearers.client(token, [f"{self._doors.endpoint}/client/hubs/{hub}"])
        except RefusedTokenError as refused:
            self._doors.log.connection("", str(refused), address=_address(socket), level="Warning")
            raise RefusedClientError(401, str(refused)) from None

    def _check_quota(self, socket: WebSocket, hub: str) -> None:
        quota = self._hub(hub).quota
        if quota is not None and len(self._doors.roster.of_hub(hub)) >= quota:
            text = Published.CONNECTION_COUNT.text()
            self._doors.log.connection("ConnectionAborted", text, address=_address(socket), level="Warning")
            raise RefusedClientError(429, text)

    async def _ask_handler(self, socket: WebSocket, connection: Connection, claims: Claims) -> None:
        request = ConnectRequest(
            claims.claims,
            _multiple(socket.query_params.multi_items(), {"access_token"}),
            _multiple(
                [item for item in socket.headers.items() if not item[0].startswith(_WITHHELD)],
                {"authorization"},
            ),
            socket.scope["subprotocols"],
        )
        try:
            answer = await self._doors.upstream.connect(connection, request)
        except RefusedConnectError as refused:
            raise RefusedClientError(refused.status, str(refused)) from None
        if answer.user_id is not None:
            connection.user_id = answer.user_id
        if answer.roles is not None:
            connection.roles = set(answer.roles)
        if answer.groups is not None:
            if not all(is_group_name(group) for group in answer.groups):
                raise RefusedClientError(500, Unpublished.EVENT_ANSWER_UNREADABLE.text())
            connection.groups = set(answer.groups)
        if answer.subprotocol is not None:
            connection.subprotocol = answer.subprotocol
            connection.protocol = _SPOKEN.get(answer.subprotocol, Protocol.RAW)

    def _hub(self, name: str) -> Hub:
        return self._doors.hubs.get(name.lower(), Hub())

    def _record(self, socket: WebSocket, status: int, text: str = "") -> None:
        url = f"{self._doors.endpoint}{socket.url.path}"
        kept = [
            f"{name}={value}"
            for name, value in socket.query_params.multi_items()
            if name not in {"access_token", "awps_reconnection_token"}
        ]
        url = f"{url}?{'&'.join(kept)}" if kept else url
        self._doors.log.request("GET", url, status, message=text, address=_address(socket))


def _multiple(items: Iterable[tuple[str, str]], without: set[str]) -> dict[str, Sequence[str]]:
    values: dict[str, list[str]] = {}
    for name, value in items:
        if name.lower() not in without:
            values.setdefault(name, []).append(value)
    return dict(values)


def _raw_mode(query: QueryParams) -> RawMode:
    """Read how a raw client's frames are meant; of a repeated parameter the last one counts."""
    mode = (query.get("webpubsub_mode") or "sendEvent").lower()
    if mode == "sendevent":
        return RawMode()
    group, no_echo = query.get("group", ""), (query.get("noEcho") or "false").lower()
    if mode != "sendtogroup" or not is_group_name(group) or no_echo not in {"true", "false"}:
        raise RefusedClientError(400, Unpublished.PROTOCOL.text())
    return RawMode(group, no_echo == "true")


def _address(socket: WebSocket) -> str:
    return socket.client.host if socket.client else ""
