"""The process that runs an app's functions: all triggers share its threads, and one that hangs takes it down.

https://learn.microsoft.com/azure/azure-functions/python-scale-performance-reference#set-up-max-workers-within-a-language-worker-process
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import cached_property
from typing import Any


class WorkerError(Exception):
    """The process ended before a function did: it took too long, or another one beside it."""


class Worker:
    """Runs so many functions at once, each for a limited time; may be used by several threads.

    One that is asynchronous takes none of the threads: all of those share the loop of the process.
    """

    def __init__(self, threads: int, limit: timedelta) -> None:
        self._threads = threads
        self._limit = limit
        self._process = _Process(threads)

    def run(self, name: str, function: Callable[[], Any]) -> Any:
        """Return what a function returns, once a thread was free for it; what it raises is raised here.

        Raises:
            WorkerError: the process ended first. Then another one takes its place.
        """
        process = self._process
        outcome = process.begin(function)
        wait([outcome], self._limit.total_seconds())
        if not outcome.done():
            if self._process is process:
                self._process = _Process(self._threads)
            process.end(f"Timeout value of {self._limit} exceeded by function 'Functions.{name}'")
        return outcome.result()


class _Process:
    """So many threads. A thread of Python cannot be killed: what still runs in an ended process runs on, unheard."""

    def __init__(self, threads: int) -> None:
        self._free = threading.Semaphore(threads)
        self._lock = threading.Lock()
        self._outcomes: set[Future[Any]] = set()

    def begin(self, function: Callable[[], Any]) -> "Future[Any]":
        """Run a function as soon as a thread is free, or beside all others where it is asynchronous."""
        outcome: Future[Any] = Future()
        with self._lock:
            self._outcomes.add(outcome)
        if inspect.iscoroutinefunction(function):
            asyncio.run_coroutine_threadsafe(self._run_in_loop(function, outcome), self._loop)
            return outcome
        # At the end of the program nothing waits for a function that hangs.
        threading.Thread(target=self._run, args=(function, outcome), name="function", daemon=True).start()
        return outcome

    def end(self, reason: str) -> None:
        """Let all that has not ended fail."""
        with self._lock:
            for outcome in self._outcomes:
                outcome.set_exception(WorkerError(reason))
            self._outcomes.clear()

    def _run(self, function: Callable[[], Any], outcome: "Future[Any]") -> None:
        with self._free:
            if outcome.done():  # the process ended while it waited for a thread
                return
            try:
                value = function()
            except BaseException as error:  # noqa: BLE001  # whoever waits for the outcome raises it
                self._settle(outcome, outcome.set_exception, error)
            else:
                self._settle(outcome, outcome.set_result, value)

    async def _run_in_loop(self, function: Callable[[], Any], outcome: "Future[Any]") -> None:
        try:
            value = await function()
        except BaseException as error:  # noqa: BLE001  # whoever waits for the outcome raises it
            self._settle(outcome, outcome.set_exception, error)
        else:
            self._settle(outcome, outcome.set_result, value)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="loop", daemon=True).start()
        return loop

    def _settle(self, outcome: "Future[Any]", settle: Callable[[Any], None], value: object) -> None:
        with self._lock:
            if outcome in self._outcomes:
                self._outcomes.remove(outcome)
                settle(value)
