"""A host that does what each line says, in a process that can be killed before any request that changes storage.

This process only bears hosts: it forks one, and the next as soon as that one was killed, so that none has to import the
app again.
"""

import importlib
import json
import os
import pkgutil
import re
import signal
import sys
from datetime import datetime, timedelta
from itertools import count

import shared
from local.host import Host, Invocation, functions_of_the_app
from local.replay.play import TIMERS
from local.replay.stage import StageClock
from shared.app.runtime import hosted
from shared.clock import SystemClock
from shared.playbooks.loading.load import load_library
from shared.settings import Settings

# In real time, which does not stand still with the clock: so long is a message hidden whose host was killed.
LEASE = timedelta(seconds=2)

_CHANGES = re.compile(rb"(PUT|POST|MERGE|PATCH|DELETE) ")
# Each process makes sure of its tables, queues and containers; where they are there, nothing changes.
_ENSURES = re.compile(rb"POST /\w+/Tables |PUT /\w+/[\w-]+(\?restype=container)? ")
_PORTS = re.compile(r"Endpoint=https://[^:]+:(\d+)")


class Changes:
    """Counts the requests of this process that change storage, and kills it before one of them.

    Between two of them nothing changes that outlives the process, so these are all the points at which dying differs.
    """

    def __init__(self, connection: str) -> None:
        self._ports = {int(port) for port in _PORTS.findall(connection)}
        self._numbers = count(1)
        self.made = 0
        self.fatal: int | None = None

    def begin(self, fatal: int | None) -> None:
        """Count from one again, and die before the request of this number."""
        self._numbers, self.made, self.fatal = count(1), 0, fatal

    def hear(self, event: str, told: tuple[object, ...]) -> None:
        """Take an audit event of the interpreter (https://docs.python.org/3/library/audit_events.html)."""
        if event != "http.client.send":
            return
        connection, data = told
        if getattr(connection, "port", None) not in self._ports or not isinstance(data, bytes):
            return
        if _CHANGES.match(data) and not _ENSURES.match(data):
            number = next(self._numbers)
            if number == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            self.made = number


def live() -> None:
    """Answer each line, once what it says is done, with the number of changes and what failed."""
    clock, changes = (
        StageClock(SystemClock().now()),
        Changes(Settings.from_environment().storage_connection or ""),
    )
    failures: list[str] = []

    def note(done: Invocation) -> None:
        if done.error is not None:
            failures.append(f"{done.function}: {done.error!r}")

    host = Host(lease=LEASE, observe=note)
    sys.addaudithook(changes.hear)
    with hosted(clock):
        while line := sys.stdin.readline():
            message = json.loads(line)
            clock.moment = datetime.fromisoformat(message["moment"])
            changes.begin(message["fatal"])
            for timer in TIMERS if message["timers"] else ():
                host.fire(timer)
                host.drain()
            host.drain()
            _say({"changes": changes.made, "failures": failures})
            failures.clear()


def main() -> None:
    """Bear hosts until one ends by itself, as it does at the end of the lines."""
    for module in pkgutil.walk_packages(shared.__path__, "shared."):
        importlib.import_module(module.name)
    functions_of_the_app()
    load_library()
    while True:
        child = os.fork()
        if not child:
            live()
            return
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return
        _say({"killed_by": os.WTERMSIG(status)})


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
