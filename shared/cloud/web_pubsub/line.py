"""A client's connection to Web PubSub, step by step, so that each can be timed and named.

It is the protocol alone of the package `websockets`, over a socket of ours: its own clients open the address, TLS and
the WebSocket in one call.
"""

import json
import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from shared.health.canary.line import LineDownError, NoAnswerError, in_time

SUBPROTOCOL = "json.webpubsub.azure.v1"

_CHUNK_BYTES = 64 * 1024
_NORMAL = 1000
_BODY_LETTERS = 300  # of a refusal
_MOMENT = 0.001

_log = logging.getLogger(__name__)
_log.setLevel(logging.WARNING)  # its debug lines hold addresses with tokens


class WebSocketLine:
    """Implements `shared.health.canary.line.Line`."""

    def __init__(self, url: str) -> None:
        """Take the address with its token.

        Raises:
            LineDownError: it is not an address of a WebSocket.
        """
        try:
            self._uri = parse_uri(url)
        except InvalidURI:
            raise LineDownError("the address is not one of a WebSocket") from None
        self._protocol = ClientProtocol(
            self._uri, subprotocols=[Subprotocol(SUBPROTOCOL)], logger=_log, max_size=1024 * 1024
        )
        self._places: list[tuple[Any, ...]] = []
        self._socket: socket.socket | None = None
        self._frames: deque[Mapping[str, Any]] = deque()
        self._parts: list[bytes] = []  # of a message that is not whole yet
        self._is_lost = False
        self._reason = ""  # that the service gave before it closed

    def resolve(self, within: timedelta) -> None:
        """Find the addresses of the host."""
        host, port = self._uri.host, self._uri.port
        try:
            self._places = in_time(
                lambda: list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)), within
            )
        except TimeoutError:
            raise NoAnswerError(within) from None
        except (OSError, UnicodeError) as error:
            raise LineDownError(f"{host} has no address: {_words(error)}") from error

    def reach(self, within: timedelta) -> None:
        """Open a TCP connection to the first address that takes it."""
        ends = time.monotonic() + within.total_seconds()
        failure: LineDownError = NoAnswerError(within)
        for family, kind, protocol, _, place in self._places:
            opened = socket.socket(family, kind, protocol)
            opened.settimeout(_left(ends))
            try:
                opened.connect(place)
            except OSError as error:
                opened.close()
                failure = _failure(error, within)
                continue
            self._socket = opened
            return
        raise failure

    def secure(self, within: timedelta) -> None:
        """Begin TLS; who is trusted is what the app's other clients trust."""
        if not self._uri.secure:
            raise LineDownError("the address asks for no TLS")
        plain = self._open()
        plain.settimeout(within.total_seconds())
        try:
            self._socket = _trust().wrap_socket(plain, server_hostname=self._uri.host)
        except OSError as error:
            raise _failure(error, within) from error

    def upgrade(self, within: timedelta) -> None:
        """Ask for the WebSocket; a refusal is told with its status and text."""
        ends = time.monotonic() + within.total_seconds()
        self._protocol.send_request(self._protocol.connect())
        self._flush(within)
        while not self._protocol.handshake_exc:
            events = self._read(ends, within)
            self._take(events)
            if any(isinstance(event, Response) for event in events) and not self._protocol.handshake_exc:
                return
        raise LineDownError(_refusal(self._protocol.handshake_exc))

    def send(self, frame: Mapping[str, object]) -> None:
        """Send a frame."""
        if self._is_over():
            raise self._closed()
        self._protocol.send_text(json.dumps(frame).encode())
        self._flush(timedelta(seconds=1))

    def receive(self, within: timedelta) -> Mapping[str, Any]:
        """Return the next frame."""
        ends = time.monotonic() + within.total_seconds()
        while not self._frames:
            if self._is_over():
                raise self._closed()
            self._take(self._read(ends, within))
        return self._frames.popleft()

    def close(self, within: timedelta) -> None:
        """Say goodbye, and wait for the service's own."""
        ends = time.monotonic() + within.total_seconds()
        if not self._is_over():
            self._protocol.send_close(_NORMAL)
            self._flush(within)
        while not self._is_over():
            self._take(self._read(ends, within))
        if self._protocol.close_rcvd is None:
            raise LineDownError("the connection was lost before the service closed it")

    def abandon(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()

    def _open(self) -> socket.socket:
        assert self._socket is not None
        return self._socket

    def _is_over(self) -> bool:
        return self._is_lost or self._protocol.close_rcvd is not None

    def _closed(self) -> LineDownError:
        close = self._protocol.close_rcvd
        reason = self._reason or (close.reason if close else "")
        code = f"with {close.code}" if close else "without a word"
        return LineDownError(f"closed by the service {code}{f': {reason}' if reason else ''}")

    def _read(self, ends: float, within: timedelta) -> list[Any]:
        opened = self._open()
        try:
            opened.settimeout(_left(ends))
            data = opened.recv(_CHUNK_BYTES)
        except OSError as error:
            raise _failure(error, within) from error
        if data:
            self._protocol.receive_data(data)
        else:
            self._is_lost = True
            self._protocol.receive_eof()
        with suppress(LineDownError):  # the service may have closed its side already
            self._flush(within)
        return self._protocol.events_received()

    def _flush(self, within: timedelta) -> None:
        opened = self._open()
        opened.settimeout(max(within.total_seconds(), _MOMENT))
        for data in self._protocol.data_to_send():
            try:
                opened.sendall(data) if data else opened.shutdown(socket.SHUT_WR)
            except OSError as error:
                raise _failure(error, within) from error

    def _take(self, events: list[Any]) -> None:
        for event in events:
            if not isinstance(event, Frame) or event.opcode not in (Opcode.TEXT, Opcode.CONT):
                continue
            self._parts.append(bytes(event.data))
            if event.fin:
                text, self._parts = b"".join(self._parts), []
                self._take_message(text)

    def _take_message(self, text: bytes) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            raise LineDownError("the service sent what is not a frame of the subprotocol")
        if frame.get("type") == "system" and frame.get("event") == "disconnected":
            self._reason = str(frame.get("message") or "")
        self._frames.append(frame)


def _trust() -> ssl.SSLContext:
    """Return who is trusted: what REQUESTS_CA_BUNDLE names, as for all clients of this app, else the machine's."""
    with requests.Session() as session:
        verify = session.merge_environment_settings("https://localhost", {}, None, None, None)["verify"]
    if not isinstance(verify, str):
        return ssl.create_default_context()
    return (
        ssl.create_default_context(capath=verify)
        if Path(verify).is_dir()
        else ssl.create_default_context(cafile=verify)
    )


def _left(ends: float) -> float:
    return max(ends - time.monotonic(), _MOMENT)


def _refusal(error: Exception | None) -> str:
    if isinstance(error, InvalidStatus):
        response = error.response
        body = " ".join((response.body or b"").decode("utf-8", "replace").split())[:_BODY_LETTERS]
        status = f"{response.status_code} {response.reason_phrase}".rstrip()
        return f"{status}{f': {body}' if body else ''}"
    if isinstance(error, InvalidHandshake):
        return f"the answer is not a handshake: {error}"
    return f"the connection was lost: {error}"


def _failure(error: OSError, within: timedelta) -> LineDownError:
    return NoAnswerError(within) if isinstance(error, TimeoutError) else LineDownError(_words(error))


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
