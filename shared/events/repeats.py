"""Answer a repeat as the event itself was answered, and let its effect happen once, also when a process dies.

One row per event goes through these states, each change conditional on the row's ETag:

    reserved ──> (handler) ──> decided: with its answer ──> (effect) ──> done        an event that a handler answers
    done: with its answer                                                            a system event: its row is its effect
    failed                                                                           the next attempt is a first one

A repeat of what is done gets the same answer. A repeat of what is not is told to come again while the one at work may be
alive (`due_at`), and takes over when not. Nobody knows then whether the effect has happened, so it is called with the
same key, by which it must be safe to repeat; the answer that was decided stays.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from shared.clock import Clock
from shared.errors import LinekeeperError
from shared.events.answer import NO_CONTENT, EventAnswer
from shared.events.cloud_event import EventKind
from shared.events.handlers import Handled, HandlerError, Handlers, checked
from shared.outages import Outages
from shared.races import LostRaceError

# A clock that tells another day is not ours to correct; its events are counted by the time at which they came.
_MOST_SKEW = timedelta(minutes=10)
_WHAT = "the table of events"
_NOT_ENDED = "not ended"  # what an event counts as whose process died

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class EventState(StrEnum):
    """How far an event has come."""

    RESERVED = "reserved"
    DECIDED = "decided"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event, what it was answered, and what it is counted as."""

    resource: str  # ARM id in lower case
    hub: str  # in lower case; empty where the configuration names none such
    at: datetime  # when it happened
    key: str  # a hash, the same for every repeat
    kind: EventKind
    state: EventState = EventState.DONE
    answer: EventAnswer = field(default_factory=lambda: NO_CONTENT)
    failure: str = ""  # why it counts as a failed call of the handler; empty for a good one
    end: str = ""  # of `disconnected`: why, in words of ours; empty where it is not counted
    is_bad_end: bool = False
    client: str = ""  # a hash, the same for every event of one client; empty in rows of earlier versions
    due_at: datetime | None = None  # of what is not done: who finds it later takes it over
    etag: str = ""

    @property
    def is_bad(self) -> bool:
        """Tell whether it counts as bad for good; what is under way may still end well."""
        is_over = self.state in {EventState.DONE, EventState.FAILED}
        return self.is_bad_end or (is_over and bool(self.failure))


class EventRows(Protocol):
    """The rows of events; every call is safe to repeat and beside other instances."""

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        """Keep a row unless its event has one that is not failed; return the one that counts, and whether it is new.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...

    def change(self, row: EventRow) -> EventRow:
        """Store a row in the place of the one with its ETag; return it with its new one.

        Raises:
            LostRaceError: another instance was first.
            LinekeeperError: storage does not answer.
        """
        ...


def event_time(time: datetime | None, now: datetime) -> datetime:
    """Return the time by which an event is counted and found again: its own, unless that is far from ours."""
    return now if time is None or abs(time - now) > _MOST_SKEW else time


class PausedRows:
    """Rows that nobody waits for while they are known not to answer; implements `EventRows`."""

    def __init__(self, rows: Callable[[], EventRows], clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._outages = Outages()

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        """Keep a row unless its event has one that is not failed."""
        return self._asked(lambda rows: rows.keep(row))

    def change(self, row: EventRow) -> EventRow:
        """Store a row in the place of the one with its ETag."""
        return self._asked(lambda rows: rows.change(row))

    def _asked(self, call: Callable[[EventRows], _T]) -> _T:
        self._outages.check(_WHAT, self._clock.now())
        try:
            answer = call(self._rows())
        except LostRaceError:
            raise
        except LinekeeperError:
            self._outages.note_failure(_WHAT, self._clock.now())
            raise
        self._outages.note_answer(_WHAT)
        return answer


class NotedRows:
    """Rows of which somebody is told once they are kept, and whether they are bad; implements `EventRows`."""

    def __init__(self, rows: EventRows, note: Callable[[EventRow], None]) -> None:
        self._rows = rows
        self._note = note

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        """Keep a row unless its event has one that is not failed."""
        kept, is_new = self._rows.keep(row)
        if is_new:
            self._note(row)
        return kept, is_new

    def change(self, row: EventRow) -> EventRow:
        """Store a row in the place of the one with its ETag."""
        changed = self._rows.change(row)
        self._note(row)
        return changed


@dataclass(frozen=True, slots=True)
class OneTime:
    """What answers an event by a handler, once."""

    rows: EventRows
    handlers: Handlers
    clock: Clock
    limit: timedelta  # of the handler, and of its effect

    def answer(self, row: EventRow, handle: Callable[[], Handled]) -> EventAnswer:
        """Return the answer of an event, whose row is not kept yet.

        Raises:
            HandlerError: the handler or its effect failed, or is still at work; a repeat may find it done.
            LinekeeperError: storage does not answer.
        """
        reserved = replace(row, state=EventState.RESERVED, failure=_NOT_ENDED, due_at=self._due())
        row, is_new = self.rows.keep(reserved)
        if row.state is EventState.DONE:
            return row.answer
        if not is_new:
            row = self._taken_over(row)
        handled = self._handled(row, handle)
        if row.state is EventState.RESERVED:
            row = self._decided(row, handled)
        if row.state is EventState.DECIDED:
            row = self._done(row, handled)
        return row.answer

    def _due(self) -> datetime:
        return self.clock.now() + self.limit

    def _taken_over(self, row: EventRow) -> EventRow:
        if row.due_at is not None and self.clock.now() < row.due_at:
            raise HandlerError("the event is at work")
        return self.rows.change(replace(row, due_at=self._due()))

    def _handled(self, row: EventRow, handle: Callable[[], Handled]) -> Handled:
        try:
            return checked(self.handlers.within(self.limit, "handler", handle))
        except HandlerError as error:
            state = EventState.FAILED if row.state is EventState.RESERVED else row.state
            self._note(replace(row, state=state, failure=error.message, due_at=self.clock.now()))
            raise

    def _decided(self, row: EventRow, handled: Handled) -> EventRow:
        state = EventState.DONE if handled.effect is None else EventState.DECIDED
        is_done = state is EventState.DONE
        return self.rows.change(
            replace(
                row,
                state=state,
                answer=handled.answer,
                failure="" if is_done else _NOT_ENDED,
                due_at=None if is_done else self._due(),
            )
        )

    def _done(self, row: EventRow, handled: Handled) -> EventRow:
        effect, key = handled.effect, row.key
        if effect is not None:
            try:
                self.handlers.within(self.limit, "effect", lambda: effect(key))
            except HandlerError as error:
                self._note(replace(row, failure=error.message, due_at=self._due()))
                raise
        return self.rows.change(replace(row, state=EventState.DONE, failure="", due_at=None))

    def _note(self, row: EventRow) -> None:
        """Store how far it came; where that fails too, its time runs out."""
        try:
            self.rows.change(row)
        except LinekeeperError as error:
            _log.warning("the state of an event is not kept: %s", error.message)
