"""What stands for the SDK's client of queues."""

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

from azure.storage.queue import QueueMessage

from tests.simulation.clients.line import NOTHING, Line, asked
from tests.simulation.storage.wire import Answer, Request


class QueueInMemory:
    """Stands for `azure.storage.queue.QueueClient`."""

    def __init__(self, line: Line, name: str) -> None:
        self._line = line
        self.queue_name = name

    def create_queue(self) -> None:
        """Make the queue."""
        self._ask("PUT", "")

    def send_message(
        self, content: str, *, time_to_live: int | None = None, visibility_timeout: int | None = None
    ) -> QueueMessage:
        """Put a message."""
        query = _query(messagettl=time_to_live, visibilitytimeout=visibility_timeout)
        return _messages(self._ask("POST", "/messages", query, _xml(content)))[0]

    def receive_messages(
        self,
        *,
        max_messages: int | None = None,
        messages_per_page: int | None = None,
        visibility_timeout: int | None = None,
    ) -> "_Messages":
        """Take messages, one page after the other."""
        query = _query(numofmessages=messages_per_page, visibilitytimeout=visibility_timeout)
        return _Messages(lambda: _messages(self._ask("GET", "/messages", query)), max_messages)

    def peek_messages(self) -> list[QueueMessage]:
        """Look at the next message."""
        return _messages(self._ask("GET", "/messages", {"peekonly": "true"}))

    def update_message(
        self,
        message: Any,
        pop_receipt: str | None = None,
        *,
        visibility_timeout: int | None = None,
        content: str | None = None,
    ) -> None:
        """Hide a message anew, or change its text."""
        text = content or message.content
        query = _query(popreceipt=pop_receipt or message.pop_receipt, visibilitytimeout=visibility_timeout)
        self._ask("PUT", f"/messages/{message.id}", query, _xml(text))

    def delete_message(self, message: Any, pop_receipt: str | None = None) -> None:
        """Delete a message."""
        id_ = message if isinstance(message, str) else message.id
        self._ask("DELETE", f"/messages/{id_}", {"popreceipt": pop_receipt or message.pop_receipt})

    def clear_messages(self) -> None:
        """Delete all messages."""
        self._ask("DELETE", "/messages")

    def get_queue_properties(self) -> Any:
        """Return how many messages there are."""
        answer = self._ask("GET", "", {"comp": "metadata"})
        return SimpleNamespace(
            approximate_message_count=int(answer.headers["x-ms-approximate-messages-count"])
        )

    def _ask(self, method: str, path: str, query: Mapping[str, str] = NOTHING, body: bytes = b"") -> Answer:
        request = Request(method, f"{self.queue_name}{path}", query, {}, body)
        return asked(self._line, "queue", request, self._line.account.queues.answer)


class _Messages:
    def __init__(self, take: Callable[[], list[QueueMessage]], most: int | None) -> None:
        self._take, self._most = take, most

    def __iter__(self) -> Iterator[QueueMessage]:
        count = 0
        while self._most is None or count < self._most:
            batch = self._take()
            if not batch:
                return
            count += len(batch)
            yield from batch

    def by_page(self) -> Iterator[list[QueueMessage]]:
        """Yield each page."""
        while batch := self._take():
            yield batch


def _query(**named: object) -> dict[str, str]:
    return {name: str(value) for name, value in named.items() if value is not None}


def _xml(text: str) -> bytes:
    element = ET.Element("QueueMessage")
    ET.SubElement(element, "MessageText").text = text
    return ET.tostring(element, encoding="utf-8")


def _messages(answer: Answer) -> list[QueueMessage]:
    messages = []
    for part in ET.fromstring(answer.body):
        message = QueueMessage(content=part.findtext("MessageText"))
        message.id, message.pop_receipt = part.findtext("MessageId"), part.findtext("PopReceipt")
        message.dequeue_count = int(part.findtext("DequeueCount") or 0)
        messages.append(message)
    return messages
