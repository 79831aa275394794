"""Talk with one client from its first frame to its last."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.websockets import WebSocket

from local.pubsub.clients.connection import Connection, Protocol
from local.pubsub.clients.frames import BadFrameError, Frame, Message, Payload, ack, read_frame
from local.pubsub.clients.lives import BAD_FRAME, EVENT_FAILED, Lives
from local.pubsub.clients.permissions import Permission, allows
from local.pubsub.clients.roster import Roster
from local.pubsub.tasks import Tasks
from local.pubsub.texts import Unpublished
from local.pubsub.upstream.handlers import FailedEventError, Upstream

# What a client sends when it leaves on purpose; 1005 is a close frame without a code.
_LEAVING = frozenset({1000, 1001, 1005})
_Error = tuple[str, str] | None


class Sessions:
    """Carries out what clients ask for."""

    def __init__(self, roster: Roster, lives: Lives, upstream: Upstream, ack_after: timedelta) -> None:
        self._roster = roster
        self._lives = lives
        self._upstream = upstream
        self._ack_after = ack_after.total_seconds()
        self._tasks = Tasks()
        self._kinds: dict[str, Callable[[Connection, Frame], Awaitable[_Error]]] = {
            "joinGroup": self._join,
            "leaveGroup": self._leave,
            "sendToGroup": self._send,
        }

    async def converse(self, connection: Connection, socket: WebSocket) -> None:
        """Answer frames until the socket is closed, by whomever."""
        events = asyncio.Lock()
        while True:
            message = await socket.receive()
            if connection.socket is not socket:
                return  # the service closed it, or the client came back over another one
            if message["type"] == "websocket.disconnect":
                # A reason, if only an empty one, is what a close frame has and a lost connection has not.
                self._leave_or_lose(connection, message["code"] if "reason" in message else None)
                return
            text = message.get("text")
            if connection.protocol is Protocol.RAW:
                payload = (
                    Payload("binary", message["bytes"]) if text is None else Payload("text", text.encode())
                )
                await self._raw(connection, payload, events)
            else:
                await self._framed(connection, text, events)

    def _leave_or_lose(self, connection: Connection, code: int | None) -> None:
        if code in _LEAVING:
            self._lives.end(connection, "ConnectionEnded", "")
        else:
            self._lives.lose(connection)

    async def _framed(self, connection: Connection, text: str | None, events: asyncio.Lock) -> None:
        try:
            if text is None:
                raise BadFrameError  # noqa: TRY301  # binary frames are of other subprotocols
            frame = read_frame(text, reliable=connection.is_reliable)
        except BadFrameError:
            await self._lives.abort(connection, Unpublished.FRAME.text(), BAD_FRAME, "Invalid message")
            return
        if frame.kind == "ping":
            await connection.send({"type": "pong"})
        elif frame.kind == "sequenceAck":
            connection.acknowledge(frame.sequence_id)
        elif frame.ack_id in connection.done:
            await self._ack(connection, frame, ("Duplicate", "The message was already processed."))
        elif frame.kind == "event":
            self._tasks.start(self._event(connection, frame, events))
        else:
            error = await self._kinds[frame.kind](connection, frame)
            if error is None and frame.ack_id is not None:
                connection.done.add(frame.ack_id)
            self._tasks.start(self._ack(connection, frame, error))

    async def _ack(self, connection: Connection, frame: Frame, error: _Error = None) -> None:
        if frame.ack_id is not None:
            await asyncio.sleep(self._ack_after)
            await connection.send(ack(frame.ack_id, error))

    async def _join(self, connection: Connection, frame: Frame) -> _Error:
        if not allows(connection.roles, Permission.JOIN_LEAVE, frame.group):
            return _forbidden("join", frame.group)
        connection.groups.add(frame.group)
        return None

    async def _leave(self, connection: Connection, frame: Frame) -> _Error:
        if not allows(connection.roles, Permission.JOIN_LEAVE, frame.group):
            return _forbidden("leave", frame.group)
        connection.groups.discard(frame.group)
        return None

    async def _send(self, connection: Connection, frame: Frame) -> _Error:
        if frame.payload is None or not allows(connection.roles, Permission.SEND, frame.group):
            return _forbidden("send message to", frame.group)
        await self._to_group(connection, frame.group, frame.payload, no_echo=frame.no_echo)
        return None

    async def _to_group(self, connection: Connection, group: str, payload: Payload, *, no_echo: bool) -> None:
        members = self._roster.of_group(connection.hub, group)
        receivers = [member for member in members if not (no_echo and member is connection)]
        await self._lives.publish(Message(payload, group, connection.user_id), receivers)

    async def _event(self, connection: Connection, frame: Frame, events: asyncio.Lock) -> None:
        """Pass an event on; a client without an ack id learns of no failure, and stays."""
        async with events:
            try:
                await self._pass_on(connection, frame.event, frame.payload)
            except FailedEventError:
                await self._ack(
                    connection, frame, ("InternalServerError", "The event could not be processed.")
                )
            else:
                if frame.ack_id is not None:
                    connection.done.add(frame.ack_id)
                await self._ack(connection, frame)

    async def _raw(self, connection: Connection, payload: Payload, events: asyncio.Lock) -> None:
        mode = connection.raw_mode
        if mode.group is None:
            self._tasks.start(self._raw_event(connection, payload, events))
        elif allows(connection.roles, Permission.SEND, mode.group):
            await self._to_group(connection, mode.group, payload, no_echo=mode.no_echo)
        else:
            await self._lives.close(connection, code=EVENT_FAILED)

    async def _raw_event(self, connection: Connection, payload: Payload, events: asyncio.Lock) -> None:
        async with events:
            try:
                await self._pass_on(connection, "message", payload)
            except FailedEventError:
                # The log names no cause: https://github.com/Azure/azure-webpubsub/issues/432
                await self._lives.close(connection, code=EVENT_FAILED)

    async def _pass_on(self, connection: Connection, event: str, payload: Payload | None) -> None:
        reply = await self._upstream.user_event(connection, event, payload or Payload("text", b""))
        if reply is not None:
            await self._lives.publish(Message(reply), [connection])


def _forbidden(what: str, group: str) -> _Error:
    return ("Forbidden", f"The client has no permission to {what} group '{group}'.")
