"""Queues in memory: messages that are hidden for a while when they are taken, and counted each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.simulation.storage.wire import Answer, Now, RefusalError, Request, as_http

MOST_BYTES = 64 * 1024  # of a message
_HIDDEN = timedelta(seconds=30)  # where nobody says otherwise
_WEEK = timedelta(days=7)


@dataclass
class Message:
    """One message."""

    id: str
    text: str
    inserted: datetime
    expires: datetime | None  # None where it never does
    visible_at: datetime
    receipt: str
    times: int = 0  # it was taken


@dataclass
class Queues:
    """The queues of an account; `observe` is called with each queue that changes."""

    now: Now
    observe: Callable[[str], None] = lambda _: None
    messages: dict[str, list[Message]] = field(default_factory=dict)
    _ids: int = 0

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        try:
            return self._answer(request)
        except RefusalError as refusal:
            text = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.text)}</Message></Error>"
            headers = {"x-ms-error-code": refusal.code, "content-type": "application/xml"}
            return Answer(refusal.status, headers, text.encode())

    def _answer(self, request: Request) -> Answer:
        name, *rest = request.path.split("/")
        if rest and name in self.messages:
            self._expire(name)
        if not rest:
            return self._queue(name, request)
        if name not in self.messages:
            raise RefusalError(404, "QueueNotFound", "The specified queue does not exist.")
        if len(rest) == 1:
            return self._all(name, request)
        return self._one(name, rest[1], request)

    def _queue(self, name: str, request: Request) -> Answer:
        if request.method == "PUT" and request.query.get("comp") is None:
            is_new = name not in self.messages
            self.messages.setdefault(name, [])
            return Answer(201 if is_new else 204)
        if name not in self.messages:
            raise RefusalError(404, "QueueNotFound", "The specified queue does not exist.")
        if request.method == "DELETE":
            del self.messages[name]
            return Answer(204)
        self._expire(name)
        return Answer(200, {"x-ms-approximate-messages-count": str(len(self.messages[name]))})

    def _all(self, name: str, request: Request) -> Answer:
        if request.method == "POST":
            return self._put(name, request)
        if request.method == "DELETE":
            self.messages[name] = []
            self.observe(name)
            return Answer(204)
        most = int(request.query.get("numofmessages", 1))
        visible = [message for message in self.messages[name] if message.visible_at <= self.now()][:most]
        if request.query.get("peekonly") == "true":
            return _listed([_shown(message, taken=False) for message in visible])
        hidden = _seconds(request, "visibilitytimeout", _HIDDEN)
        for message in visible:
            message.times += 1
            self._hide(message, hidden)
        if visible:
            self.observe(name)
        return _listed([_shown(message) for message in visible])

    def _put(self, name: str, request: Request) -> Answer:
        text = _text(request)
        if len(text.encode()) > MOST_BYTES:
            raise RefusalError(
                413,
                "RequestBodyTooLarge",
                "The request body is too large and exceeds the maximum permissible limit.",
            )
        now, lives = self.now(), _seconds(request, "messagettl", _WEEK)
        message = Message(
            self._id("m"),
            text,
            inserted=now,
            expires=None if lives < timedelta(0) else now + lives,
            visible_at=now + _seconds(request, "visibilitytimeout", timedelta(0)),
            receipt=self._id("r"),
        )
        self.messages[name].append(message)
        self.observe(name)
        return _listed([_shown(message, sent=True)], 201)

    def _one(self, name: str, id_: str, request: Request) -> Answer:
        message = next((message for message in self.messages[name] if message.id == id_), None)
        if message is None:
            raise RefusalError(404, "MessageNotFound", "The specified message does not exist.")
        if message.receipt != request.query["popreceipt"]:
            raise RefusalError(
                400,
                "PopReceiptMismatch",
                "The specified pop receipt did not match the pop receipt for a dequeued message.",
            )
        if request.method == "DELETE":
            self.messages[name].remove(message)
            self.observe(name)
            return Answer(204)
        if request.body:
            message.text = _text(request)
        self._hide(message, _seconds(request, "visibilitytimeout", _HIDDEN))
        self.observe(name)
        return Answer(
            204,
            {"x-ms-popreceipt": message.receipt, "x-ms-time-next-visible": as_http(message.visible_at)},
        )

    def _hide(self, message: Message, hidden: timedelta) -> None:
        message.receipt, message.visible_at = self._id("r"), self.now() + hidden

    def _expire(self, name: str) -> None:
        now = self.now()
        self.messages[name] = [
            message for message in self.messages[name] if message.expires is None or message.expires > now
        ]

    def _id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}{self._ids:06d}"


def _text(request: Request) -> str:
    return ET.fromstring(request.body).findtext("MessageText") or ""


def _seconds(request: Request, name: str, otherwise: timedelta) -> timedelta:
    return timedelta(seconds=int(request.query[name])) if name in request.query else otherwise


def _shown(message: Message, *, taken: bool = True, sent: bool = False) -> str:
    expires = as_http(message.expires) if message.expires else "Fri, 31 Dec 9999 23:59:59 GMT"
    receipt = (
        f"<PopReceipt>{message.receipt}</PopReceipt><TimeNextVisible>{as_http(message.visible_at)}</TimeNextVisible>"
        if taken
        else ""
    )
    content = (
        ""
        if sent
        else f"<DequeueCount>{message.times}</DequeueCount><MessageText>{escape(message.text)}</MessageText>"
    )
    return (
        f"<QueueMessage><MessageId>{message.id}</MessageId><InsertionTime>{as_http(message.inserted)}</InsertionTime>"
        f"<ExpirationTime>{expires}</ExpirationTime>{receipt}{content}</QueueMessage>"
    )


def _listed(shown: list[str], status: int = 200) -> Answer:
    body = f'<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>{"".join(shown)}</QueueMessagesList>'
    return Answer(status, {"content-type": "application/xml"}, body.encode())
