"""Tell whether everything that Linekeeper depends on answers, and name what does not."""

import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import LinekeeperError
from shared.redaction import redact

UP, DOWN = 200, 503

_NO_ANSWER = "it ended without an answer; the log of the app tells why"


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
    """Run all probes side by side, each within its own time; what they raise is in the report.

    A probe that is out of time goes on in a daemon thread: neither the answer nor the end of the process waits for it.
    """
    started = time.monotonic()
    running = [_start(probe) for probe in probes]
    return Report(tuple(_finish(probe, run, started) for probe, run in zip(probes, running, strict=True)))


def answer(report: Report, *, given_key: str | None, key: str | None) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body for a caller; details only where the app has a key and the caller gave it."""
    trusted = bool(key) and hmac.compare_digest((given_key or "").encode(), (key or "").encode())
    return (UP if report.ok else DOWN), report.as_json(details=trusted)


@dataclass(slots=True)
class _ProbeRun:
    thread: threading.Thread
    results: list[ProbeResult]


def _start(probe: Probe) -> _ProbeRun:
    results: list[ProbeResult] = []
    run = _ProbeRun(threading.Thread(target=_check, args=(probe, results), daemon=True), results)
    run.thread.start()
    return run


def _check(probe: Probe, results: list[ProbeResult]) -> None:
    try:
        probe.check()
    except LinekeeperError as error:
        results.append(ProbeResult(probe.name, redact(error.message) or type(error).__name__))
    else:
        results.append(ProbeResult(probe.name))


def _finish(probe: Probe, run: _ProbeRun, started: float) -> ProbeResult:
    run.thread.join(max(0.0, started + probe.within.total_seconds() - time.monotonic()))
    if run.results:
        return run.results[0]
    if run.thread.is_alive():
        return ProbeResult(probe.name, f"no answer within {probe.within.total_seconds():g} s")
    return ProbeResult(probe.name, _NO_ANSWER)  # an error of another kind ended the thread
