"""Keep one report for everybody who asks: a stranger costs no more than the first who asked."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import LinekeeperError
from shared.health.readiness import Report

KEPT = timedelta(seconds=15)


class KeptReport:
    """The latest report of a process; may be used by several threads.

    It is made in a thread of its own. Nobody has to wait in one: what is returned can be awaited.
    """

    def __init__(self, make: Callable[[], Report], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._latest: Future[Report] | None = None
        self._made_at: datetime | None = None  # None while it is being made
        self._lock = threading.Lock()

    def latest(self) -> "Future[Report]":
        """Return the report of the last seconds, or the one that is being made, or begin one."""
        with self._lock:
            if self._latest is None or not self._is_kept(self._clock.now()):
                self._latest, self._made_at = self._begin(), None
            return self._latest

    def _is_kept(self, now: datetime) -> bool:
        # A clock that was set back tells nothing about the age of the report.
        return self._made_at is None or timedelta(0) <= now - self._made_at < KEPT

    def _begin(self) -> "Future[Report]":
        report: Future[Report] = Future()
        report.set_running_or_notify_cancel()  # who gives up waiting must not cancel it for the others
        threading.Thread(target=self._fill, args=(report,), name="readiness", daemon=True).start()
        return report

    def _fill(self, report: "Future[Report]") -> None:
        made: Report | None = None
        try:
            made = self._make()
        finally:
            self._settle(report, made)

    def _settle(self, report: "Future[Report]", made: Report | None) -> None:
        with self._lock:
            if made is None:
                self._latest = None  # the next one who asks may have more luck
            else:
                self._made_at = self._clock.now()
        if made is None:
            report.set_exception(LinekeeperError("no report could be made; the log of the app tells why"))
        else:
            report.set_result(made)
