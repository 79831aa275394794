"""Handlers of the events that clients send: registered by name, called with a time limit.

A handler decides what is answered and changes nothing. What it wants to change, it returns as an `effect`, which is
called after the answer is kept. So a repeat of the event gets the kept answer, whatever the handler would say now, and
an effect that was begun is called again only where nobody knows its end: with the same key, by which it must be safe.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.errors import LinekeeperError
from shared.events.answer import NO_CONTENT, EventAnswer
from shared.events.cloud_event import CloudEvent

MOST_ANSWER_BYTES = 48 * 1024  # it is kept in a row of Table Storage

_THREADS = 32
_LOADING = timedelta(seconds=20)

_T = TypeVar("_T")


class HandlerError(LinekeeperError):
    """A handler or its effect that failed or had not ended in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


Effect = Callable[
    [str], None
]  # gets the key of the event; a second call with the same key must change nothing


@dataclass(frozen=True, slots=True)
class Handled:
    """The answer of a handler, and what is to be done before it is given."""

    answer: EventAnswer = NO_CONTENT
    effect: Effect | None = None


UserEventHandler = Callable[[CloudEvent], Handled]


def acknowledge_event(_: CloudEvent) -> Handled:
    """Answer that the event came, with no content."""
    return Handled()


def echo_event(event: CloudEvent) -> Handled:
    """Send the client what it sent."""
    return Handled(EventAnswer(200, event.body, event.content_type or "application/octet-stream"))


_BUILT_IN: Mapping[str, UserEventHandler] = {"acknowledge": acknowledge_event, "echo": echo_event}


class Handlers:
    """Handlers by name, and the threads in which they run; several threads may use it.

    Args:
        load: returns the team's own by name, which take the place of ours; called when the first is looked for.
    """

    def __init__(self, load: Callable[[], Mapping[str, UserEventHandler]] | None = None) -> None:
        self._load = load
        self._loaded: Mapping[str, UserEventHandler] | None = None
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="events")

    def find(self, name: str) -> UserEventHandler | None:
        """Return a handler by its name, or None where none is registered.

        Raises:
            HandlerError: the team's module cannot be loaded.
        """
        if self._loaded is None:
            own = {} if self._load is None else self.within(_LOADING, "module of EVENT_HANDLERS", self._load)
            self._loaded = {**_BUILT_IN, **own}
        return self._loaded.get(name)

    def within(self, limit: timedelta, what: str, call: Callable[[], _T]) -> _T:
        """Return what a call returns within the limit; a call that has begun cannot be stopped and ends unheard.

        Raises:
            HandlerError: it raised anything, or has not ended in time.
        """
        future: Future[_T] = self._pool.submit(call)
        wait([future], limit.total_seconds())
        if not future.done():
            future.cancel()
            raise HandlerError(f"{what} out of time")
        if (error := future.exception()) is not None:
            raise HandlerError(f"{what} failed") from error
        return future.result()


def checked(handled: Handled) -> Handled:
    """Return what a handler wants, where it can be kept; 408 and 5xx are not kept, for they ask for another attempt.

    Raises:
        HandlerError: it cannot be kept.
    """
    answer = handled.answer
    if answer.status == 408 or answer.status >= 500:
        raise HandlerError(f"handler answered {answer.status}")
    size = len(answer.body) + len((answer.state or "").encode()) + len(answer.content_type)
    if size > MOST_ANSWER_BYTES:
        raise HandlerError("answer too large")
    return handled
