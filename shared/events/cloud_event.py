"""Read an upstream event of Web PubSub: a CloudEvent in binary mode.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events
https://learn.microsoft.com/azure/azure-web-pubsub/reference-mqtt-cloud-events

`ce-awpsversion` is sent by the service and stands in no reference: an event is the same with and without it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.errors import InputError

_SYSTEM, _USER = "azure.webpubsub.sys.", "azure.webpubsub.user."
_MQTT_PROPERTY = "mqtt-"
_MOST_CHARACTERS = 8_192  # of one header; an MQTT client chooses its id itself
_MOST_DEPTH = 32
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


class EventKind(StrEnum):
    """What happened; the service waits for the answer to `connect` and to events of clients."""

    CONNECT = "connect"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    USER = "user"


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event of one connection.

    Ids, names and user ids of clients are strangers' text: they are compared and hashed, and never logged.
    """

    kind: EventKind
    name: str  # without prefix, such as `connect` or `message`
    id: str
    hub: str  # in lower case, as the service compares
    connection: str  # of MQTT the client id, which the client chooses
    user: str | None = None
    time: datetime | None = None  # when it happened
    subprotocol: str | None = None
    state: str | None = None  # what an earlier answer wanted to be told again
    physical_connection: str | None = None  # of MQTT only
    session: str | None = None  # of MQTT only, and not of `connect`
    content_type: str = ""
    body: bytes = b""
    properties: Mapping[str, str] = field(default_factory=dict)  # user properties of an MQTT message

    @property
    def is_mqtt(self) -> bool:
        """Tell whether the client speaks MQTT."""
        return self.physical_connection is not None

    def key(self, resource: str) -> str:
        """Return what a repeat of this event has too, and no other event: a hash."""
        parts = [resource, self.hub, self.connection, self.physical_connection, self.kind, self.name, self.id]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]

    def client(self, resource: str) -> str:
        """Return what all events of one client have in common: a hash of the user id, or of the connection without one."""
        parts = [resource, self.hub, "user" if self.user else "connection", self.user or self.connection]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def json_body(self) -> Mapping[str, Any]:
        """Return the body of a system event.

        Raises:
            InputError: it is not a JSON object in UTF-8.
        """
        try:
            document = json.loads(self.body.decode("utf-8-sig") or "{}")
        except (ValueError, RecursionError) as error:
            raise InputError("the body", "it is not JSON in UTF-8", "a JSON object") from error
        if not isinstance(document, dict) or _depth(document) > _MOST_DEPTH:
            raise InputError("the body", "it is not a plain JSON object", "a JSON object")
        return document


def event_of(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """Read an event from a request; the names of headers are in lower case.

    Raises:
        InputError: it is not an event of Web PubSub, and why.
    """
    if headers.get("ce-specversion") != "1.0":
        raise InputError("ce-specversion", "it is not that of a CloudEvent in binary mode", "1.0")
    kind, name = _kind_and_name(_needed(headers, "ce-type"), _needed(headers, "ce-eventname"))
    return CloudEvent(
        kind=kind,
        name=name,
        id=_needed(headers, "ce-id"),
        hub=_needed(headers, "ce-hub").lower(),
        connection=_needed(headers, "ce-connectionid"),
        user=_header(headers, "ce-userid"),
        time=_moment(headers.get("ce-time", "")),
        subprotocol=_header(headers, "ce-subprotocol"),
        state=_header(headers, "ce-connectionstate"),
        physical_connection=_header(headers, "ce-physicalconnectionid"),
        session=_header(headers, "ce-sessionid"),
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        body=body,
        properties={
            name.removeprefix(_MQTT_PROPERTY): value
            for name, value in headers.items()
            if name.startswith(_MQTT_PROPERTY)
        },
    )


def _kind_and_name(kind: str, name: str) -> tuple[EventKind, str]:
    expected = f"{_SYSTEM}<event> or {_USER}<event>, with the same <event> in ce-eventName"
    if kind == f"{_USER}{name}":
        return EventKind.USER, name
    if kind == f"{_SYSTEM}{name}" and name in {*EventKind} - {EventKind.USER}:
        return EventKind(name), name
    raise InputError("ce-type", "it does not belong to ce-eventName, or is unknown", expected)


def _needed(headers: Mapping[str, str], name: str) -> str:
    value = _header(headers, name)
    if value is None:
        raise InputError(name, "it is missing", "the header of a CloudEvent")
    return value


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name) or None
    if value is not None and len(value) > _MOST_CHARACTERS:
        raise InputError(name, "it is too long", f"at most {_MOST_CHARACTERS} characters")
    return value


def _moment(text: str) -> datetime | None:
    """Return a time of RFC 3339; Python 3.11 reads no more than six digits of a second."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _depth(value: object) -> int:
    """Return how deeply a document is nested; JSON of a certain depth has not been read at all."""
    level, depth = [value], 0
    while level and depth <= _MOST_DEPTH:
        depth += 1
        level = [part for outer in level for part in _parts(outer)]
    return depth


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
