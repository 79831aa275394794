"""Tell whether everything that Linekeeper depends on answers, and name what does not."""

import hmac
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import LinekeeperError
from shared.redaction import redact

UP, DOWN = 200, 503
MOST_THREADS = 16  # of all reports together, those that a probe without an answer still holds included
LONGEST = timedelta(seconds=20)  # after which nothing more is asked for a report

_NO_ANSWER = "it ended without an answer; the log of the app tells why"
_NOT_ASKED = "not asked: too many others before it gave no answer"


@dataclass(frozen=True, slots=True)
class Probe:
    """A check of one dependency: `check` returns when it answers, and raises `LinekeeperError` when it does not."""

    name: str
    check: Callable[[], object]
    within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe; `problem` is empty when the dependency answers."""

    name: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the dependency answers."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all probes, in their order."""

    checks: tuple[ProbeResult, ...]

    @property
    def ok(self) -> bool:
        """Tell whether every dependency answers."""
        return all(check.ok for check in self.checks)

    def as_json(self, *, details: bool) -> dict[str, object]:
        """Return the report; names and problems only with `details`."""
        status: dict[str, object] = {"status": "up" if self.ok else "down"}
        if details:
            status["checks"] = [
                {"name": check.name, "ok": check.ok, "problem": check.problem} for check in self.checks
            ]
        return status


def readiness(probes: Sequence[Probe]) -> Report:
    """Run all probes side by side, each within its own time; what they raise is in the report."""
    return Prober().report(probes)


def answer(report: Report, *, given_key: str | None, key: str | None) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body for a caller; details only where the app has a key and the caller gave it."""
    trusted = bool(key) and hmac.compare_digest((given_key or "").encode(), (key or "").encode())
    return (UP if report.ok else DOWN), report.as_json(details=trusted)


class Prober:
    """Runs probes in so many threads, however often it is asked; may be used by several threads.

    A probe that is out of time keeps its daemon thread: neither the answer nor the end of the process waits for it.
    """

    def __init__(self, most_threads: int = MOST_THREADS, within: timedelta = LONGEST) -> None:
        self._most = most_threads
        self._within = within
        self._free = threading.Semaphore(most_threads)

    def report(self, probes: Sequence[Probe]) -> Report:
        """Run all probes side by side, each within its own time; what they raise is in the report."""
        runs = [_ProbeRun(probe) for probe in probes]
        waiting = deque(runs)
        until = time.monotonic() + self._within.total_seconds()
        for _ in runs[: self._most]:
            self._begin(waiting)
        report = Report(tuple(run.result(until) for run in runs))
        waiting.clear()
        return report

    def _begin(self, waiting: "deque[_ProbeRun]") -> None:
        if self._free.acquire(blocking=False):
            threading.Thread(target=self._work, args=(waiting,), name="readiness", daemon=True).start()

    def _work(self, waiting: "deque[_ProbeRun]") -> None:
        try:
            while run := _first(waiting):
                run.ask()
        finally:
            self._free.release()
            if waiting:  # an error of another kind ends this thread, and not the report
                self._begin(waiting)


class _ProbeRun:
    """One probe in one report."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._problem = _NO_ANSWER
        self._began_at = 0.0
        self._begun, self._ended = threading.Event(), threading.Event()

    def ask(self) -> None:
        """Ask the dependency, and keep what it answers."""
        self._began_at = time.monotonic()
        self._begun.set()
        try:
            self._probe.check()
            self._problem = ""
        except LinekeeperError as error:
            self._problem = redact(error.message) or type(error).__name__
        finally:
            self._ended.set()

    def result(self, until: float) -> ProbeResult:
        """Wait for the answer, for as long as the probe has."""
        name, within = self._probe.name, self._probe.within.total_seconds()
        if not self._begun.wait(_left(until)):
            return ProbeResult(name, _NOT_ASKED)
        if self._ended.wait(_left(self._began_at + within)):
            return ProbeResult(name, self._problem)
        return ProbeResult(name, f"no answer within {within:g} s")


def _first(waiting: "deque[_ProbeRun]") -> _ProbeRun | None:
    try:
        return waiting.popleft()
    except IndexError:  # another thread took the last
        return None


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())
