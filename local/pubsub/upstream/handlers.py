"""Choose the event handler of an event, call it, and log what went wrong."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

from local.pubsub.clients.connection import Connection
from local.pubsub.clients.frames import CONTENT_TYPES, Payload, read_payload
from local.pubsub.hubs import EventHandler, Hub, Pace
from local.pubsub.log import Log
from local.pubsub.tasks import Tasks
from local.pubsub.texts import Published, Unpublished
from local.pubsub.upstream.calls import Answer, Calls, TooLargeAnswerError, UnansweredError
from local.pubsub.upstream.events import (
    ConnectAnswer,
    ConnectRequest,
    UnreadableAnswerError,
    Writer,
    read_connect_answer,
)
from local.pubsub.upstream.validation import Validation


class RefusedConnectError(Exception):
    """The client must not connect; `status` is what it is answered, and the message is what the log says."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class FailedEventError(Exception):
    """A user event found no handler, or its handler failed."""


class Upstream:
    """The event handlers of all hubs.

    Attributes:
        validation: what is known of the handlers' addresses.
    """

    def __init__(
        self,
        hubs: Mapping[str, Hub],
        writer: Writer,
        calls: Calls,
        validation: Validation,
        *,
        pace: Pace,
        log: Log,
    ) -> None:
        self.validation = validation
        self._hubs = hubs
        self._writer = writer
        self._calls = calls
        self._pace = pace
        self._log = log
        self._tasks = Tasks()

    async def connect(self, connection: Connection, request: ConnectRequest) -> ConnectAnswer:
        """Ask the hub's handler whether a client may connect; without one it may.

        Raises:
            RefusedConnectError: the handler refuses, or cannot be asked.
        """
        handler = self._system_handler(connection, "connect")
        if handler is None:
            return ConnectAnswer()
        if not await self._is_valid(handler, connection):
            raise self._refused(connection, 500, Published.TARGET_INVALID.text())
        headers = self._writer.headers(connection, "sys", "connect", 0)
        try:
            answer = await self._post(handler, connection, "connect", headers, request.body())
            if answer.is_success:
                read = read_connect_answer(answer)
                _keep(connection, answer)
                connection.cookies.update(answer.cookies)
                return read
        except UnansweredError:
            raise self._refused(connection, 500, Unpublished.EVENT_UNANSWERED.text()) from None
        except (TooLargeAnswerError, UnreadableAnswerError):
            raise self._refused(connection, 500, Unpublished.EVENT_ANSWER_UNREADABLE.text()) from None
        status = answer.status if answer.status >= 400 else 500
        text = Published.CONNECT_ANSWERED.text(hub=connection.hub, status=answer.status)
        raise self._refused(connection, status, text)

    def _refused(self, connection: Connection, status: int, text: str) -> RefusedConnectError:
        self._tell(connection, text)
        return RefusedConnectError(status, text)

    def notify(self, connection: Connection, event: str, body: bytes) -> None:
        """Send `connected` or `disconnected`, whose failure is only logged."""
        handler = self._system_handler(connection, event)
        if handler is not None:
            number = next(connection.event_ids)
            self._tasks.start(self._notify(handler, connection, event, body, number))

    async def user_event(self, connection: Connection, event: str, payload: Payload) -> Payload | None:
        """Pass a user event on; return what the handler sends to the client, if anything.

        Raises:
            FailedEventError: there is no handler for it, or the handler failed.
        """
        handlers = self._hub(connection).handlers
        handler = next((each for each in handlers if each.takes_user(event)), None)
        if handler is None:
            self._tell(connection, Unpublished.EVENT_UNTAKEN.text())
            raise FailedEventError
        if not await self._is_valid(handler, connection):
            self._tell(connection, Published.TARGET_INVALID.text())
            raise FailedEventError
        headers = self._writer.headers(connection, "user", event, next(connection.event_ids))
        headers["Content-Type"] = CONTENT_TYPES[payload.kind]
        answer = await self._answer_or_fail(handler, connection, event, headers, payload.content)
        reply = None
        if answer.body:
            reply = read_payload(answer.headers.get("Content-Type", CONTENT_TYPES["binary"]), answer.body)
            if reply is None:
                self._tell(connection, Unpublished.EVENT_ANSWER_UNREADABLE.text())
                raise FailedEventError
        _keep(connection, answer)
        return reply

    async def _answer_or_fail(
        self,
        handler: EventHandler,
        connection: Connection,
        event: str,
        headers: dict[str, str | bytes],
        body: bytes,
    ) -> Answer:
        try:
            answer = await self._post(handler, connection, event, headers, body)
        except (UnansweredError, TooLargeAnswerError):
            self._tell(connection, Unpublished.EVENT_UNANSWERED.text())
            raise FailedEventError from None
        if not answer.is_success:
            self._tell(connection, Unpublished.EVENT_ANSWERED.text())
            raise FailedEventError
        return answer

    async def _notify(
        self, handler: EventHandler, connection: Connection, event: str, body: bytes, number: int
    ) -> None:
        if not await self._is_valid(handler, connection):
            return
        headers = self._writer.headers(connection, "sys", event, number)
        with suppress(FailedEventError):  # it is logged
            await self._answer_or_fail(handler, connection, event, headers, body)

    async def _post(
        self,
        handler: EventHandler,
        connection: Connection,
        event: str,
        headers: dict[str, str | bytes],
        body: bytes,
    ) -> Answer:
        if handler.bearer is not None:
            headers["Authorization"] = f"Bearer {handler.bearer()}"
        url = _address(handler, connection.hub, event)
        return await self._calls.send("POST", url, headers, body, limit=self._pace.handler)

    async def _is_valid(self, handler: EventHandler, connection: Connection) -> bool:
        url = _address(handler, connection.hub, "validate")
        return await self.validation.passes(url, self._writer.origin)

    def _system_handler(self, connection: Connection, event: str) -> EventHandler | None:
        handlers = self._hub(connection).handlers
        return next((handler for handler in handlers if handler.takes_system(event)), None)

    def _hub(self, connection: Connection) -> Hub:
        return self._hubs.get(connection.hub.lower(), Hub())

    def _tell(self, connection: Connection, text: str) -> None:
        self._log.messaging("", text, connection_id=connection.id, user_id=connection.user_id)


def _address(handler: EventHandler, hub: str, event: str) -> str:
    template = handler.url_template
    return template.replace("{hub}", quote(hub, safe="")).replace("{event}", quote(event, safe=""))


def _keep(connection: Connection, answer: Answer) -> None:
    """Keep the state that a handler gives; an empty one too."""
    connection.state = answer.headers.get("ce-connectionState", connection.state)
