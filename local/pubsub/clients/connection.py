"""One client's connection, and what it has yet to receive."""

import itertools
import json
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.websockets import WebSocket, WebSocketDisconnect

from local.pubsub.clients.frames import Json, Message

# https://github.com/Azure/azure-webpubsub/blob/main/protocols/client/client-spec.md 3.2
_MOST_WAITING, _MOST_WAITING_BYTES = 1000, 16 * 1024 * 1024


class Protocol(StrEnum):
    """How a client speaks; a raw one sends and receives bare data."""

    RAW = ""
    JSON = "json.webpubsub.azure.v1"
    RELIABLE = "json.reliable.webpubsub.azure.v1"


class SlowClientError(Exception):
    """Too much waits for the client to say that it has it."""


@dataclass(frozen=True, slots=True)
class RawMode:
    """What a raw client's frames are: events, or messages to a group."""

    group: str | None = None
    no_echo: bool = False


@dataclass(eq=False)
class Connection:
    """A client's connection; a reliable one lives on for a while when its socket is lost.

    Attributes:
        subprotocol: what was agreed at the handshake, which for a raw client may be the application's own.
        state: what the event handler keeps with the connection (`ce-connectionState`).
        cookies: what the `connect` event's answer set.
        event_ids: of the events that follow `connect`, which has 0.
        done: the ack ids that were carried out.
        socket: None while the connection is lost.
    """

    hub: str
    protocol: Protocol
    subprotocol: str | None
    user_id: str
    roles: set[str]
    groups: set[str]
    address: str = ""
    raw_mode: RawMode = field(default_factory=RawMode)
    state: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16) + "02")
    reconnection_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    event_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    done: set[int] = field(default_factory=set)
    socket: WebSocket | None = None
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _waiting: deque[tuple[int, str]] = field(default_factory=deque)
    _waiting_bytes: int = 0

    @property
    def is_reliable(self) -> bool:
        """Whether it may be recovered."""
        return self.protocol is Protocol.RELIABLE

    async def greet(self) -> None:
        """Send the frame that makes the connection established."""
        frame: Json = {"type": "system", "event": "connected", "connectionId": self.id}
        if self.user_id:
            frame["userId"] = self.user_id
        if self.is_reliable:
            frame["reconnectionToken"] = self.reconnection_token
        await self.send(frame)

    async def deliver(self, message: Message) -> None:
        """Send a message, or keep it until the client is back.

        Raises:
            SlowClientError: a reliable client has acknowledged too little.
        """
        if self.protocol is Protocol.RAW:
            await self._send_raw(message)
        elif not self.is_reliable:
            await self.send(message.frame())
        else:
            number = next(self._sequence)
            text = json.dumps({**message.frame(), "sequenceId": number})
            self._waiting.append((number, text))
            self._waiting_bytes += len(text)
            if len(self._waiting) > _MOST_WAITING or self._waiting_bytes > _MOST_WAITING_BYTES:
                raise SlowClientError
            await self._send_text(text)

    def acknowledge(self, number: int) -> None:
        """Forget the messages that the client says it has."""
        while self._waiting and self._waiting[0][0] <= number:
            self._waiting_bytes -= len(self._waiting.popleft()[1])

    async def resend(self) -> None:
        """Send again what the client has not acknowledged."""
        for _, text in list(self._waiting):
            await self._send_text(text)

    async def send(self, frame: Json) -> None:
        """Send a frame, if the client is there; raw clients get none."""
        if self.protocol is not Protocol.RAW:
            await self._send_text(json.dumps(frame))

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket; a client of a subprotocol is told why before."""
        socket, self.socket = self.socket, None
        if socket is None:
            return
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            if self.protocol is not Protocol.RAW:
                text = json.dumps({"type": "system", "event": "disconnected", "message": reason})
                await socket.send_text(text)
            await socket.close(code)

    async def _send_raw(self, message: Message) -> None:
        content = message.payload.content
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            if self.socket is None:
                return
            if message.payload.kind == "binary":
                await self.socket.send_bytes(content)
            else:
                await self.socket.send_text(content.decode("utf-8", "replace"))

    async def _send_text(self, text: str) -> None:
        # A lost client is noticed by the reader of its socket.
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            if self.socket is not None:
                await self.socket.send_text(text)
