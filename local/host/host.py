"""The host: fires timers, feeds queues and answers requests when it is told to."""

import heapq
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Lock, Thread
from weakref import WeakSet

import azure.functions as func
from azure.functions.timer import TimerRequest

from local.host.admin import PREFIX, AdminApi
from local.host.call import Invocation, Observer, call
from local.host.index import Function, functions_of_the_app
from local.host.options import Options, is_disabled, read_options, resolve_settings, thread_count
from local.host.queues import Feeder
from local.host.schedule import Schedule
from local.host.web import Site
from local.host.worker import Worker
from shared.cloud.storage.account import Storage
from shared.errors import InputError, LinekeeperError
from shared.settings import Settings

LEASE = timedelta(minutes=10)  # the host's own, while a message is worked on
KEY, MASTER_KEY = "local", "local-master"
LOCAL_HOST = "localhost:7071"  # where Core Tools serve

_log = logging.getLogger("local.host")


class Host:
    """Functions and their triggers, without a clock of its own: it calls one after the other, or begins them beside each other.

    Attributes:
        unusable: the functions whose trigger cannot be set up, with the reason; the others work.
        key: what HTTP functions of the level FUNCTION want to see.
        master_key: what the host's own API wants to see; every function takes it, too.
    """

    def __init__(
        self,
        functions: Sequence[Function] | None = None,
        *,
        storage: Storage | None = None,
        settings: Mapping[str, str] | None = None,
        options: Options | None = None,
        lease: timedelta = LEASE,
        observe: Observer | None = None,
        key: str = KEY,
        master_key: str = MASTER_KEY,
    ) -> None:
        """Set the triggers up: by default Linekeeper's own, with the settings of this process."""
        self.key, self.master_key = key, master_key
        self.unusable: dict[str, str] = {}
        self._settings = os.environ if settings is None else settings
        self._options = options or read_options()
        self._lease = lease
        self._observe: Observer = observe or _nobody
        self._storage = storage
        self._worker = Worker(thread_count(self._settings), self._options.time_limit)
        self._lock = Lock()
        self._threads: WeakSet[Thread] = WeakSet()
        self._running_timers: set[str] = set()
        self._timers: dict[str, tuple[Function, Schedule]] = {}
        self._feeders: list[Feeder] = []
        found = functions_of_the_app() if functions is None else functions
        disabled = {function.name for function in found if is_disabled(function.name, self._settings)}
        indexed = [function for function in found if function.name not in disabled]
        for function in indexed:
            self._set_up(function)
        web = [function for function in indexed if function.kind == "httpTrigger"]
        self._site = Site(web, self._options.prefix, (key, master_key), self._worker)
        self._admin = AdminApi(found, self._options.prefix, master_key, self.unusable, disabled)

    def timers(self, after: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
        """Yield what is due when, in order: later than `after`, not later than `until`."""
        yield from heapq.merge(
            *(_due(name, schedule, after, until) for name, (_, schedule) in self._timers.items())
        )

    def fire(self, name: str, *, past_due: bool = False) -> Invocation:
        """Call a timer's function now, whatever its schedule says.

        Raises:
            InputError: there is no such timer.
        """
        if name not in self._timers:
            why = self.unusable.get(name, f"there is no timer {name!r}")
            raise InputError("timer", why, f"one of {', '.join(self._timers) or 'none'}")
        function, _ = self._timers[name]
        invocation = call(self._worker, function, TimerRequest(past_due=past_due), f"timer, {past_due=}")
        self._observe(invocation)
        return invocation

    def start(self, name: str, *, past_due: bool = False) -> bool:
        """Begin to call a timer's function, unless it still runs; tell whether it began."""
        with self._lock:
            if name in self._running_timers:
                return False
            self._running_timers.add(name)
        self._begin(partial(self._fire_beside_others, name, past_due))
        return True

    def poll(self, now: datetime) -> int:
        """Look into each queue that is due, begin to handle what is there, and return the number of messages."""
        return sum(feeder.poll(now, self._observe, self._begin) for feeder in self._feeders)

    def wait(self) -> None:
        """Wait until all that was begun has ended."""
        for thread in list(self._threads):
            thread.join()

    def drain(self) -> int:
        """Feed messages until no queue has one, and return their number; one that fails is tried again at once."""
        handled = 0
        while fed := self.feed(pause=timedelta(0)):
            handled += fed
        return handled

    def feed(self, pause: timedelta | None = None) -> int:
        """Feed one batch of each queue; one that fails is hidden for the pause, else as host.json says."""
        hidden = self._options.queues.pause if pause is None else pause
        return sum(feeder.feed(self._observe, hidden) for feeder in self._feeders)

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        origin: str = f"http://{LOCAL_HOST}",
    ) -> func.HttpResponse:
        """Answer a request; the path begins with the prefix and may have a query."""
        if path.lower().startswith(PREFIX):
            return self._admin.answer(method, f"{origin}{path}", headers or {})
        return self._site.answer(method, f"{origin}{path}", headers or {}, body, self._observe)

    def _fire_beside_others(self, name: str, past_due: bool) -> None:
        try:
            self.fire(name, past_due=past_due)
        finally:
            with self._lock:
                self._running_timers.discard(name)

    def _begin(self, work: Callable[[], object]) -> None:
        """Do something that nobody waits for; how much runs at once is for the worker to say."""
        thread = Thread(target=work, name="trigger", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _set_up(self, function: Function) -> None:
        try:
            self._add(function)
        except LinekeeperError as error:
            self.unusable[function.name] = str(error)
            _log.error("The function %s is left out: %s", function.name, error)

    def _add(self, function: Function) -> None:
        if function.kind == "timerTrigger":
            self._add_timer(function)
        elif function.kind == "queueTrigger":
            self._add_queue(function)
        elif function.kind != "httpTrigger":
            raise InputError(
                function.name, f"the host knows no {function.kind}", "a timer, queue or HTTP trigger"
            )

    def _add_timer(self, function: Function) -> None:
        expression = resolve_settings(function.text("schedule"), self._settings, function.name)
        self._timers[function.name] = (function, Schedule(expression, function.name))

    def _add_queue(self, function: Function) -> None:
        queue = resolve_settings(function.text("queueName"), self._settings, function.name)
        if self._storage is None:
            self._storage = Storage.from_settings(Settings.from_environment(self._settings))
        options = self._options.queues
        self._feeders.append(
            Feeder(function, queue, self._storage, options=options, lease=self._lease, worker=self._worker)
        )


def _due(name: str, schedule: Schedule, after: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
    for moment in schedule.after(after):
        if moment > until:
            return
        yield moment, name


def _nobody(_: Invocation) -> None:
    """Ignore an invocation."""
