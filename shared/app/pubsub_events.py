"""Answer the events of Web PubSub: who may connect, what clients send, and why connections ended."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shared.configuration.snapshot import Configuration
    from shared.events.answer import EventAnswer
    from shared.events.receive import Reception
    from shared.health.readiness import Probe


def receive_pubsub_event_once(
    method: str, hub: str, headers: "Mapping[str, str]", body: bytes, runtime: Runtime | None = None
) -> "EventAnswer":
    """Answer a request of the service; whatever is wrong on our side is an answer too, and no error."""
    from shared.events.receive import EventRequest, receive_event

    runtime = runtime or current()
    lower = {name.lower(): value for name, value in headers.items()}
    return receive_event(
        EventRequest(method.upper(), hub, lower, body), reception(runtime, runtime.configuration())
    )


def reception(runtime: Runtime, configuration: "Configuration") -> "Reception":
    """Return what events are received with."""
    from shared.events.gate import EventGate
    from shared.events.receive import Reception
    from shared.settings import named_setting

    return Reception(
        rules=configuration.events,
        gate=EventGate(runtime.event_tokens, named_setting),
        rows=runtime.event_rows,
        handlers=runtime.event_handlers,
        clock=runtime.clock,
    )


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that events are answered."""
    from shared.events.gate import keys_of
    from shared.health.readiness import Probe
    from shared.settings import named_setting

    configuration = runtime.configuration()
    yield Probe("configuration: events", partial(configuration.require, "events"))
    for resource in configuration.events.resources:
        if resource.keys:
            name = resource.id.rpartition("/")[2]
            yield Probe(f"keys of {name}", partial(_check_keys, partial(keys_of, resource, named_setting)))


def _check_keys(keys: "Callable[[], Sequence[str]]") -> None:
    keys()
