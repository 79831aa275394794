"""Keep one report for everybody who asks, of whichever instance: a stranger costs no more than the first who asked."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from shared.clock import Clock
from shared.errors import LinekeeperError
from shared.health.readiness import Report
from shared.outages import Outages

KEPT = timedelta(seconds=15)
_T = TypeVar("_T")
_WHAT = "the table of readiness"

_log = logging.getLogger(__name__)


class KeptReport(Generic[_T]):
    """The latest report of a process; may be used by several threads.

    It is made in a thread of its own. Nobody has to wait in one: what is returned can be awaited.
    """

    def __init__(self, make: Callable[[], _T], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._latest: Future[_T] | None = None
        self._made_at: datetime | None = None  # None while it is being made
        self._lock = threading.Lock()

    def latest(self) -> "Future[_T]":
        """Return the report of the last seconds, or the one that is being made, or begin one."""
        with self._lock:
            if self._latest is None or not self._is_kept(self._clock.now()):
                self._latest, self._made_at = self._begin(), None
            return self._latest

    def _is_kept(self, now: datetime) -> bool:
        # A clock that was set back tells nothing about the age of the report.
        return self._made_at is None or timedelta(0) <= now - self._made_at < KEPT

    def _begin(self) -> "Future[_T]":
        report: Future[_T] = Future()
        report.set_running_or_notify_cancel()  # who gives up waiting must not cancel it for the others
        threading.Thread(target=self._fill, args=(report,), name="readiness", daemon=True).start()
        return report

    def _fill(self, report: "Future[_T]") -> None:
        made: _T | None = None
        try:
            made = self._make()
        finally:
            self._settle(report, made)

    def _settle(self, report: "Future[_T]", made: _T | None) -> None:
        with self._lock:
            if made is None:
                self._latest = None  # the next one who asks may have more luck
            else:
                self._made_at = self._clock.now()
        if made is None:
            report.set_exception(LinekeeperError("no report could be made; the log of the app tells why"))
        else:
            report.set_result(made)


@dataclass(frozen=True, slots=True)
class DatedReport:
    """A report, and when it was made."""

    report: Report
    at: datetime


class Reports(Protocol):
    """The latest report of all instances."""

    def latest(self) -> DatedReport | None:
        """Return it; None where there is none.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...

    def put(self, report: DatedReport) -> None:
        """Keep a report in its place.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...


class SharedReport:
    """What all instances answer; without storage each has its own."""

    def __init__(self, reports: Reports, make: Callable[[], Report], clock: Clock) -> None:
        self._reports = reports
        self._make = make
        self._clock = clock
        self._outages = Outages()

    def current(self) -> Report:
        """Return another instance's report of the last seconds, or make one and leave it to the others."""
        began = self._clock.now()
        try:
            with self._outages.asking(_WHAT, began):
                stored = self._reports.latest()
        except LinekeeperError as error:
            _log.warning("readiness is not shared: %s", error.message)
            return self._make()
        if stored is not None and abs(began - stored.at) < KEPT:
            return stored.report
        dated = DatedReport(self._make(), self._clock.now())
        try:
            self._reports.put(dated)
        except LinekeeperError as error:
            _log.warning("readiness is not shared: %s", error.message)
        return dated.report
