"""Run several threads by turns: each waits at every call of a store or a channel until it may make it, or dies there."""

import threading
from collections.abc import Callable


class Died(BaseException):
    """An instance that was ended; nothing of ours may catch it."""


class Turns:
    """The instances that run; exactly one of them, or the test itself, moves at any time."""

    def __init__(self) -> None:
        self.runners: list[Runner] = []
        self._here = threading.local()

    def gate(self, place: str) -> None:
        """Wait for one's turn; the test itself passes."""
        runner: Runner | None = getattr(self._here, "runner", None)
        if runner is not None:
            runner.wait_at(place)

    def start(self, work: Callable[[], object]) -> None:
        """Begin a work, up to its first call."""
        runner = Runner(work, self._here)
        self.runners.append(runner)
        runner.thread.start()
        runner.parked.acquire()

    def step(self, number: int) -> None:
        """Let one instance make one call."""
        self._moved(number, dies=False)

    def kill(self, number: int) -> None:
        """End one instance where it stands."""
        self._moved(number, dies=True)

    def finish(self) -> None:
        """Let all of them end."""
        while self.runners:
            self.step(0)

    def _moved(self, number: int, *, dies: bool) -> None:
        runner = self.runners[number % len(self.runners)]
        runner.dies = dies
        runner.go.release()
        runner.parked.acquire()
        if runner.error is not None:
            raise runner.error
        self.runners = [runner for runner in self.runners if not runner.is_over]


class Runner:
    """One instance in its thread."""

    def __init__(self, work: Callable[[], object], here: threading.local) -> None:
        self.go, self.parked = threading.Semaphore(0), threading.Semaphore(0)
        self.dies = self.is_over = False
        self.error: Exception | None = None
        self.place = ""
        self.thread = threading.Thread(target=self._run, args=(work, here), daemon=True)

    def wait_at(self, place: str) -> None:
        self.place = place
        self.parked.release()
        self.go.acquire()
        if self.dies:
            raise Died(place)

    def _run(self, work: Callable[[], object], here: threading.local) -> None:
        here.runner = self
        try:
            work()
        except Died:
            pass
        except Exception as error:  # noqa: BLE001  # raised again in the test
            self.error = error
        self.is_over = True
        self.parked.release()
