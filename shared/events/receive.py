"""Answer a request of Web PubSub's event handler; no error leaves, and no stranger learns why."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from shared.clock import Clock
from shared.configuration.events import EventHub, EventResource, EventRules
from shared.errors import InputError, LinekeeperError, UnauthorizedError
from shared.events.abuse_protection import ALLOWED_ORIGIN, ORIGIN, resource_of
from shared.events.answer import EventAnswer
from shared.events.cloud_event import CloudEvent, EventKind, event_of
from shared.events.connect import connect_answer
from shared.events.gate import EventGate
from shared.events.handlers import HandlerError, Handlers
from shared.events.reasons import end_reason_of
from shared.events.repeats import EventRow, EventRows, OneTime, event_time

# A frame of a client has at most 1 MB (concept-service-internals.md); the claims and headers of a connect have less.
MOST_BYTES = 2 * 1024 * 1024

_VALIDATIONS = {"OPTIONS", "GET"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EventRequest:
    """One request; the names of its headers are in lower case."""

    method: str
    hub: str  # of the route
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reception:
    """What events are received with."""

    rules: EventRules
    gate: EventGate
    rows: EventRows
    handlers: Handlers
    clock: Clock


def receive_event(request: EventRequest, reception: Reception) -> EventAnswer:
    """Answer a validation or an event."""
    try:
        return _answer(request, reception)
    except UnauthorizedError as error:
        _log.warning("event refused: %s", error.message)
        return EventAnswer(401)
    except InputError as error:
        _log.warning("not an event: %s", error.message)
        return EventAnswer(400)
    except LinekeeperError as error:
        _log.error("event not answered: %s", error.message)  # the message says it all
        return EventAnswer(503)


def _answer(request: EventRequest, reception: Reception) -> EventAnswer:
    match = resource_of(reception.rules, request.headers.get(ORIGIN, ""))
    if match is None:
        _log.warning("event refused: its origin stands in no entry of events.yaml")
        return EventAnswer(403)
    resource, host = match
    if request.method in _VALIDATIONS:
        if request.hub.lower() not in resource.hubs:
            _log.warning("validation refused: %s names no such hub", resource.where)
            return EventAnswer(403)
        return EventAnswer(200, headers={ALLOWED_ORIGIN: host})
    if len(request.body) > MOST_BYTES:
        return EventAnswer(413)
    event = event_of(request.headers, request.body)
    if event.hub != request.hub.lower():
        raise InputError("ce-hub", "it is not the hub of the address", "the same hub")
    now = reception.clock.now()
    reception.gate.admit(resource, event, request.headers, now)
    hub = event.hub if event.hub in resource.hubs else ""
    key, client = event.key(resource.id), event.client(resource.id)
    row = EventRow(resource.id, hub, event_time(event.time, now), key, event.kind, client=client)
    return _Event(event, row, resource, reception).answer()


@dataclass(frozen=True, slots=True)
class _Event:
    """An event that is proved, and its row, which is not kept yet."""

    event: CloudEvent
    row: EventRow
    resource: EventResource
    reception: Reception

    def answer(self) -> EventAnswer:
        hub = self.resource.hubs.get(self.event.hub)
        if hub is None:
            return self._failed(404, "unknown hub")
        try:
            match self.event.kind:
                case EventKind.CONNECT:
                    return self._connect(hub)
                case EventKind.CONNECTED:
                    return self.reception.rows.keep(self.row)[0].answer
                case EventKind.DISCONNECTED:
                    return self._disconnected()
                case EventKind.USER:
                    return self._user_event(hub)
        except InputError as error:
            _log.warning("event not understood: %s", error.message)
            return self._failed(400, "unreadable")

    def _connect(self, hub: EventHub) -> EventAnswer:
        answer = connect_answer(self.event, hub)
        try:
            return self.reception.rows.keep(replace(self.row, answer=answer))[0].answer
        except LinekeeperError as error:
            # Nobody is kept out because we cannot count: the same rules give a repeat the same answer.
            _log.warning("a connect is answered and not counted: %s", error.message)
            return answer

    def _disconnected(self) -> EventAnswer:
        end = end_reason_of(self.event.json_body())
        row = self.row if end is None else replace(self.row, end=end.text, is_bad_end=end.is_bad)
        return self.reception.rows.keep(row)[0].answer

    def _user_event(self, hub: EventHub) -> EventAnswer:
        handlers = self.reception.handlers
        name = hub.handler_of(self.event.name)
        handler = None if name is None else handlers.find(name)
        if handler is None:
            return self._failed(404, "no handler")
        once = OneTime(self.reception.rows, handlers, self.reception.clock, hub.time_limit)
        try:
            return once.answer(self.row, partial(handler, self.event))
        except HandlerError as error:
            _log.warning("event not handled: %s", error.message, exc_info=error.__cause__)
            return EventAnswer(503)

    def _failed(self, status: int, failure: str) -> EventAnswer:
        """Answer what asking again cannot mend, and count it."""
        row = replace(self.row, answer=EventAnswer(status), failure=failure)
        return self.reception.rows.keep(row)[0].answer
