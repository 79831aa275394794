"""Write events as CloudEvents in binary mode, and read what `connect` was answered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.pubsub.clients.connection import Connection
from local.pubsub.keys import AccessKeys
from local.pubsub.upstream.calls import Answer
from shared.clock import Clock, iso

JSON_TYPE = "application/json; charset=utf-8"


class UnreadableAnswerError(Exception):
    """The answer to `connect` is not what the service takes."""


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """What the `connect` event tells of a client that wants to connect."""

    claims: Mapping[str, Sequence[str]]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, Sequence[str]]
    subprotocols: Sequence[str]

    def body(self) -> bytes:
        """Return the body of the event."""
        body = {
            "claims": self.claims,
            "query": self.query,
            "headers": self.headers,
            "subprotocols": self.subprotocols,
            "clientCertificates": [],
        }
        return json.dumps(body).encode()


@dataclass(frozen=True, slots=True)
class ConnectAnswer:
    """What a handler says of a client; None leaves what the token says."""

    user_id: str | None = None
    roles: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    subprotocol: str | None = None


class Writer:
    """Writes the headers of events."""

    def __init__(self, keys: AccessKeys, clock: Clock, origin: str) -> None:
        """Send events from `origin`, the host of the resource."""
        self.origin = origin
        self._keys = keys
        self._clock = clock

    def headers(self, connection: Connection, kind: str, event: str, number: int) -> dict[str, str | bytes]:
        """Return the headers of one event; `kind` is `sys` or `user`."""
        headers: dict[str, str | bytes] = {
            "Content-Type": JSON_TYPE,
            "WebHook-Request-Origin": self.origin,
            "ce-specversion": "1.0",
            "ce-awpsversion": "1.0",
            "ce-type": f"azure.webpubsub.{kind}.{event}".encode(),
            "ce-source": f"/hubs/{connection.hub}/client/{connection.id}",
            "ce-id": str(number),
            "ce-time": iso(self._clock.now()),
            "ce-connectionId": connection.id,
            "ce-hub": connection.hub,
            "ce-eventName": event.encode(),
        }
        if connection.user_id:
            headers["ce-userId"] = connection.user_id.encode()
        if connection.subprotocol:
            headers["ce-subprotocol"] = connection.subprotocol
        if connection.state is not None:
            headers["ce-connectionState"] = connection.state
        if signature := self._keys.signature_of(connection.id):
            headers["ce-signature"] = signature
        if connection.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in connection.cookies.items())
        return headers


def read_connect_answer(answer: Answer) -> ConnectAnswer:
    """Read the answer of a handler that accepts.

    Raises:
        UnreadableAnswerError: its body is neither empty nor what the reference describes.
    """
    try:
        body = json.loads(answer.body) if answer.body.strip() else None
    except ValueError:
        raise UnreadableAnswerError from None
    if body is None:
        return ConnectAnswer()
    if not isinstance(body, dict):
        raise UnreadableAnswerError
    return ConnectAnswer(
        _text(body, "userId"),
        _texts(body, "roles"),
        _texts(body, "groups") or None,
        _text(body, "subprotocol"),
    )


def _text(body: Mapping[str, object], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise UnreadableAnswerError
    return value


def _texts(body: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    values = body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UnreadableAnswerError
    return tuple(values)
