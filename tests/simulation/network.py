"""What lies between a host and a service: each request goes on when it is chosen, and is let through, delayed, doubled or lost."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from tests.simulation.chance import Chance, Decision
from tests.simulation.storage.wire import Answer, LostError, NotSentError, Request
from tests.simulation.tasks import Task, Tasks

_T = TypeVar("_T")
_BUSY = Answer(
    503,
    {"x-ms-error-code": "ServerBusy", "content-type": "application/xml"},
    b"<Error><Code>ServerBusy</Code></Error>",
)


@dataclass
class Time:
    """The time of the world; each host's clock goes wrong by its own amount."""

    moment: datetime
    offsets: dict[str, timedelta] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the time of the world."""
        return self.moment

    def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        self.moment += span


@dataclass(frozen=True)
class HostClock:
    """The clock of one host."""

    time: Time
    host: str
    read: Callable[[], None] = lambda: None  # is called with each look at it

    def now(self) -> datetime:
        """Return what this host takes for the time."""
        self.read()
        return self.time.moment + self.time.offsets.get(self.host, timedelta(0))


@dataclass
class Network:
    """Carries requests, one at a time, and writes a line for each.

    Attributes:
        around: is told the key of each point, and lets happen there what concerns no request: deaths, clocks, messages.
        ghosts: requests that were given up and arrive at these moments.
        outages: until when a service does not answer a host.
    """

    chance: Chance
    time: Time
    tasks: Tasks
    around: Callable[[Task, str], None]
    lines: list[str] = field(default_factory=list)
    ghosts: list[tuple[datetime, Task, str, Callable[[], object]]] = field(default_factory=list)
    outages: dict[tuple[str, str], datetime] = field(default_factory=dict)
    begun: datetime | None = None
    _sender: Task | None = None

    def meet(self, service: str, request: Request, send: Callable[[], Answer]) -> Answer:
        """Carry a request of an SDK, whose errors are those of azure-core."""
        try:
            what = f"{request.method} {service} {_described(request)}"
            identity = (request.method, request.path, str(sorted(request.query.items())), request.body)
            return self.carry(
                service, what, identity, send, busy=lambda: _BUSY, status=lambda answer: answer.status
            )
        except NotSentError as error:
            raise ServiceRequestError(str(error)) from error
        except LostError as error:
            raise ServiceResponseError(str(error)) from error

    def carry(
        self,
        service: str,
        what: str,
        identity: object,
        send: Callable[[], _T],
        *,
        busy: Callable[[], _T],
        status: Callable[[_T], object],
        doubles: bool = True,
    ) -> _T:
        """Carry one request of the task that runs.

        Raises:
            NotSentError: it was not sent.
            LostError: its answer is lost.
        """
        if not self.tasks.is_running:
            return send()  # a look from outside
        task = self.tasks.current
        task.points += 1
        key, fate = task.key(), _Fate()
        try:
            self._go_on(task, key)
            if self.chance.decides(Decision.SLOW, key):
                fate.note(Decision.SLOW)
                self._wait(task, key, 1, 25)
            self._fail_before(task, service, identity, fate)
            self._give_up(task, send, fate)
            if self.chance.decides(Decision.BUSY, key):
                fate.note(Decision.BUSY)
                return busy()
            answer = send()
            fate.answer = status(answer)
            if doubles and self.chance.decides(Decision.DOUBLED, key):
                fate.note(Decision.DOUBLED)
                send()
            self._answered(task, key, identity, fate)
            return answer
        finally:
            self._write(task, what, fate)

    def _go_on(self, task: Task, key: str) -> None:
        """Let it be decided who goes on, and what happens meanwhile."""
        self.time.pass_by(timedelta(milliseconds=10 + int(self.chance.between(f"{key} takes", 0, 40))))
        self.around(task, key)
        if self.chance.decides(Decision.STALL, key):
            self._wait(task, key, 20, 240)
        self.tasks.give_way()
        self._bring_ghosts()

    def _fail_before(self, task: Task, service: str, identity: object, fate: "_Fate") -> None:
        key, broken = task.key(), task.notes.get("broken")
        if broken is not None and broken == identity:
            fate.note(Decision.REFUSED)
            raise NotSentError("it is not sent, as before")
        task.notes["broken"] = None
        if self.chance.decides(Decision.OUTAGE, key):
            minutes = self.chance.between(f"{key} outage", 0.2, 20)
            self.outages[task.host, service] = self.time.now() + timedelta(minutes=minutes)
        ends = self.outages.get((task.host, service))
        if ends is not None and ends > self.time.now():
            fate.note(Decision.OUTAGE)
            raise NotSentError("nothing is sent")
        for decision in (Decision.NOT_SENT, Decision.REFUSED):
            if self.chance.decides(decision, key):
                fate.note(decision)
                task.notes["broken"] = identity if decision is Decision.REFUSED else None
                raise NotSentError("it is not sent")

    def _give_up(self, task: Task, send: Callable[[], object], fate: "_Fate") -> None:
        key = task.key()
        if self.chance.decides(Decision.GHOST, key):
            fate.note(Decision.GHOST)
            due = self.time.now() + timedelta(seconds=self.chance.between(f"{key} ghost", 1, 120))
            self.ghosts.append((due, task, key, send))
            raise LostError("it was given up")

    def _answered(self, task: Task, key: str, identity: object, fate: "_Fate") -> None:
        later = f"{key} answer"
        if self.chance.decides(Decision.LATE, key):
            fate.note(Decision.LATE)
            self._wait(task, key, 1, 25)
        self.around(task, later)
        self.tasks.give_way()
        for decision in (Decision.LOST, Decision.LOST_ONCE):
            if self.chance.decides(decision, key):
                fate.note(decision)
                task.notes["broken"] = identity if decision is Decision.LOST else None
                raise LostError("its answer is lost")

    def _wait(self, task: Task, key: str, low: float, high: float) -> None:
        task.not_before = self.time.now() + timedelta(seconds=self.chance.between(f"{key} waits", low, high))
        self.tasks.give_way()

    def _bring_ghosts(self) -> None:
        for ghost in [ghost for ghost in self.ghosts if ghost[0] <= self.time.now()]:
            self.ghosts.remove(ghost)
            _, self._sender, key, send = ghost
            try:
                self.note(f"what {key} gave up arrives: {_status_of(send())}")
            finally:
                self._sender = None

    @property
    def brings_ghosts(self) -> bool:
        """Tell whether what arrives now was given up before."""
        return self._sender is not None

    @property
    def acting(self) -> Task | None:
        """Return the task whose request is carried out; None where somebody looks from outside."""
        return self._sender or (self.tasks.current if self.tasks.is_running else None)

    def clock_read(self) -> None:
        """Note when a task last looked at its host's clock."""
        if self.tasks.is_running:
            self.tasks.current.notes["clock_read_at"] = self.time.now()

    def rest(self, _: float) -> None:
        """Let a task wait before a further try; how long is drawn, and not for the SDK to say."""
        if self.tasks.is_running:
            task = self.tasks.current
            self._wait(task, f"{task.key()} further try", 0.2, 6)

    def note(self, text: str) -> None:
        """Write a line that belongs to no request."""
        self.lines.append(f"{self._stamp()} * {text}")

    def _write(self, task: Task, what: str, fate: "_Fate") -> None:
        remarks = f" [{', '.join(fate.remarks)}]" if fate.remarks else ""
        died = " [it dies]" if task.is_killed else ""
        self.lines.append(f"{self._stamp()} {task.key()} {what} -> {fate.answer}{remarks}{died}")

    def _stamp(self) -> str:
        self.begun = self.begun or self.time.now()
        return f"{(self.time.now() - self.begun).total_seconds():10.3f}"


@dataclass
class _Fate:
    """What becomes of one request."""

    answer: object = "nothing"
    remarks: list[str] = field(default_factory=list)

    def note(self, decision: Decision) -> None:
        self.remarks.append(decision)


def _status_of(answer: object) -> object:
    return getattr(answer, "status", getattr(answer, "status_code", "done"))


def _described(request: Request) -> str:
    query = request.query.get("$filter", "")
    if request.path == "$batch":
        changes = re.findall(rb"(POST|PUT|PATCH|DELETE) https://[^/]+/memory/([^ ]+) HTTP", request.body)
        return "; ".join(f"{method.decode()} {path.decode()}" for method, path in changes)
    condition = f" if {request.headers['if-match']}" if "if-match" in request.headers else ""
    if (
        request.method == "POST"
        and "(" not in request.path
        and request.path != "Tables"
        and b"RowKey" in request.body
    ):
        row = json.loads(request.body)
        return f"{request.path} {row['PartitionKey']}/{row['RowKey']}"
    return f"{request.path}{' ' + query if query else ''}{condition}"
