"""Start hosts as processes, tell them what time it is, and see them die."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """What a host answered: how often it changed storage, and what failed."""

    changes: int
    failures: list[str]


class HostProcess:
    """One host in a child process; when it dies another takes its place."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.deaths = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.one_host"],
            cwd=_ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def tell(self, moment: datetime, *, fatal: int | None = None, timers: bool = True) -> None:
        """Let it be another time there: timers fire and queues are fed; it dies before the change `fatal`."""
        assert self._process.stdin
        message = {"moment": moment.isoformat(), "fatal": fatal, "timers": timers}
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def done(self) -> Done | None:
        """Wait until it has done what it was told; None if it was killed."""
        assert self._process.stdout
        answer = json.loads(self._process.stdout.readline() or "{}")
        if "changes" in answer:
            return Done(**answer)
        if answer.get("killed_by") != signal.SIGKILL:
            raise RuntimeError(f"a host ended by itself: {answer}")
        self.deaths += 1
        return None

    def end(self) -> None:
        """End it for good, with whatever it forked."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@contextmanager
def hosts(environment: Mapping[str, str], number: int) -> Iterator[list[HostProcess]]:
    """Run so many hosts on one account until the block ends."""
    running = [HostProcess(environment) for _ in range(number)]
    try:
        yield running
    finally:
        for host in running:
            host.end()
