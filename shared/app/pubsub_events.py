"""Answer the events of Web PubSub: who may connect, what clients send, and why connections ended."""

import logging
from functools import partial
from typing import TYPE_CHECKING

from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.configuration.events import EventResource, EventRules
    from shared.events.answer import EventAnswer
    from shared.events.handlers import Handlers, UserEventHandler
    from shared.events.receive import Reception
    from shared.health.readiness import Probe

_log = logging.getLogger(__name__)


def receive_pubsub_event_once(
    method: str, hub: str, headers: "Mapping[str, str]", body: bytes, runtime: Runtime | None = None
) -> "EventAnswer":
    """Answer a request of the service; whatever is wrong on our side is an answer too, and no error."""
    from shared.events.answer import EventAnswer
    from shared.events.receive import EventRequest, receive_event

    lower = {name.lower(): value for name, value in headers.items()}
    try:
        desk = reception(runtime or current())
    except LinekeeperError as error:  # nobody knows whose events are accepted; the service asks again
        _log.error("event not answered: %s", error.message)
        return EventAnswer(503)
    return receive_event(EventRequest(method.upper(), hub, lower, body), desk)


def reception(runtime: Runtime) -> "Reception":
    """Return what events are received with."""
    from shared.events.gate import EventGate
    from shared.events.receive import Reception
    from shared.settings import named_setting

    return Reception(
        rules=runtime.event_rules.value(runtime.clock.now()),
        gate=EventGate(runtime.event_tokens, named_setting),
        rows=runtime.event_rows,
        handlers=runtime.event_handlers,
        clock=runtime.clock,
    )


def handlers_of(module: str | None) -> "Handlers":
    """Return our handlers, with those of a team's module."""
    from shared.events.handlers import Handlers

    return Handlers(None if module is None else partial(_handlers_in, module))


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that events are answered."""
    from shared.health.readiness import Probe

    configuration = runtime.configuration(waits=False)
    yield Probe("configuration: events", partial(configuration.require, "events"))
    for resource in configuration.events.resources:
        if resource.keys:
            yield Probe(f"keys of {resource.id.rpartition('/')[2]}", partial(_check_keys, resource))
    yield Probe("handlers of events", partial(_check_handlers, configuration.events, runtime.event_handlers))


def _handlers_in(module: str) -> "Mapping[str, UserEventHandler]":
    from importlib import import_module

    handlers: Mapping[str, UserEventHandler] = import_module(module).HANDLERS
    return dict(handlers)


def _check_keys(resource: "EventResource") -> None:
    from shared.events.gate import keys_of
    from shared.settings import named_setting

    keys_of(resource, named_setting)


def _check_handlers(rules: "EventRules", handlers: "Handlers") -> None:
    for resource in rules.resources:
        for hub in resource.hubs.values():
            for event, name in hub.user_events.items():
                if handlers.find(name) is None:
                    raise LinekeeperError(
                        f"{resource.where}: no handler {name!r} for {event!r} of {hub.name}; "
                        "expected acknowledge, echo or one of EVENT_HANDLERS"
                    )
