"""Read and write the frames of the JSON subprotocols.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-json-webpubsub-subprotocol
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from local.pubsub.clients.permissions import is_group_name

DataType = Literal["text", "json", "binary"]
Json = dict[str, object]

CONTENT_TYPES: dict[DataType, str] = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "binary": "application/octet-stream",
}
_MAX_ACK = 2**64


class BadFrameError(Exception):
    """The frame is not of the described format; the service declines its client."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Data of a type; what it holds is kept as bytes, as an event handler gets them."""

    kind: DataType
    content: bytes

    def value(self) -> object:
        """Return the data as a JSON frame holds it."""
        match self.kind:
            case "json":
                return json.loads(self.content)
            case "binary":
                return base64.b64encode(self.content).decode()
            case "text":
                return self.content.decode()


@dataclass(frozen=True, slots=True)
class Message:
    """What a client is to receive; without a group it comes from the server."""

    payload: Payload
    group: str | None = None
    user_id: str = ""

    def frame(self) -> Json:
        """Return the frame of the JSON subprotocols."""
        frame: Json = {"type": "message", "from": "server" if self.group is None else "group"}
        if self.group is not None:
            frame["group"] = self.group
        if self.user_id:
            frame["fromUserId"] = self.user_id
        return {**frame, "dataType": self.payload.kind, "data": self.payload.value()}


def read_payload(content_type: str, content: bytes) -> Payload | None:
    """Return a body of HTTP as data, or None where its type is not supported or does not fit.

    JSON that is sent as the text of a request may not be valid JSON.
    """
    plain = content_type.partition(";")[0].strip().lower()
    kinds: dict[str, DataType] = {value.partition(";")[0]: kind for kind, value in CONTENT_TYPES.items()}
    kind = kinds.get(plain)
    if kind is None:
        return None
    payload = Payload(kind, content)
    try:
        payload.value()
    except ValueError:
        return None
    return payload


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a client whose fields were checked."""

    kind: str
    ack_id: int | None = None
    group: str = ""
    event: str = ""
    no_echo: bool = False
    payload: Payload | None = None
    sequence_id: int = 0


def read_frame(text: str, *, reliable: bool) -> Frame:
    """Read a client's frame.

    Raises:
        BadFrameError: it is not of the described format, or of a kind that this stand-in has not.
    """
    try:
        frame = json.loads(text)
    except ValueError:
        raise BadFrameError from None
    if not isinstance(frame, dict):
        raise BadFrameError
    kind = frame.get("type")
    if kind == "ping":
        return Frame("ping")
    if kind == "sequenceAck" and reliable:
        return Frame("sequenceAck", sequence_id=_whole(frame.get("sequenceId")))
    ack_id = None if frame.get("ackId") is None else _whole(frame["ackId"])
    if kind in {"joinGroup", "leaveGroup"}:
        return Frame(kind, ack_id, _group(frame))
    if kind == "sendToGroup":
        no_echo = frame.get("noEcho") or False
        if not isinstance(no_echo, bool):
            raise BadFrameError
        return Frame(kind, ack_id, _group(frame), no_echo=no_echo, payload=_payload(frame))
    if kind == "event" and isinstance(frame.get("event"), str) and frame["event"]:
        return Frame(kind, ack_id, event=frame["event"], payload=_payload(frame))
    raise BadFrameError


def ack(ack_id: int, error: tuple[str, str] | None = None) -> Json:
    """Return the answer to a frame with an ack id; `error` is its name and message."""
    frame: Json = {"type": "ack", "ackId": ack_id, "success": error is None}
    return frame if error is None else {**frame, "error": {"name": error[0], "message": error[1]}}


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MAX_ACK:
        raise BadFrameError
    return value


def _group(frame: Json) -> str:
    group = frame.get("group")
    if not isinstance(group, str) or not is_group_name(group):
        raise BadFrameError
    return group


def _payload(frame: Json) -> Payload:
    kind, data = frame.get("dataType", "json"), frame.get("data")
    if kind == "json" and "data" in frame:
        return Payload("json", json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if kind == "text" and isinstance(data, str):
        return Payload("text", data.encode("utf-8", "surrogatepass"))
    if kind == "binary" and isinstance(data, str):
        try:
            return Payload("binary", base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            raise BadFrameError from None
    raise BadFrameError
