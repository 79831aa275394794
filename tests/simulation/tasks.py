"""Tasks of which one runs at a time, and the next is chosen: threads that hand one baton on."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


class KilledError(BaseException):
    """The process of this task ends here; no `except Exception` holds it up."""


@dataclass(eq=False)
class Task:
    """One invocation on a host, from its first request to its last."""

    name: str
    host: str
    work: Callable[[], None]
    not_before: datetime
    is_killed: bool = False
    is_done: bool = False
    points: int = 0  # how many requests it has sent
    waits_for: "Turn | None" = None
    baton: threading.Lock = field(default_factory=threading.Lock)
    notes: dict[str, object] = field(default_factory=dict)

    def key(self) -> str:
        """Return the name of the point at which it is."""
        return f"{self.name} #{self.points}"


class Turn:
    """A lock for tasks, which its holder may take again: who wants it while another has it is not chosen until it is free."""

    def __init__(self, tasks: "Tasks") -> None:
        self._tasks = tasks
        self._holder: Task | None = None
        self._times = 0

    def __enter__(self) -> None:
        if not self._tasks.is_running:
            return  # a look from outside, while no task runs
        task = self._tasks.current
        while self._holder is not task and not self.is_free:
            task.waits_for = self
            self._tasks.give_way()
        task.waits_for = None
        self._times = self._times + 1 if self._holder is task else 1
        self._holder = task

    def __exit__(self, *_: object) -> None:
        self._times -= 1
        if self._times <= 0:
            self._holder = None

    @property
    def is_free(self) -> bool:
        """Tell whether nobody has it."""
        return self._holder is None or self._holder.is_done


class Tasks:
    """The tasks that are under way; `choose` says which of those that can goes on."""

    def __init__(self, now: Callable[[], datetime], choose: Callable[[Task, list[Task]], Task]) -> None:
        self._now = now
        self._choose = choose
        self._stage = threading.Lock()  # who drives the tasks waits here
        self._stage.acquire()
        self.all: list[Task] = []
        self.error: BaseException | None = None
        self._current: Task | None = None

    @property
    def current(self) -> Task:
        """Return the task that runs."""
        if self._current is None:
            raise RuntimeError("no task runs")
        return self._current

    @property
    def is_running(self) -> bool:
        """Tell whether a task runs, and not who drives them."""
        return self._current is not None

    def begin(self, task: Task) -> None:
        """Add a task; it runs once it is chosen."""
        task.baton.acquire()
        self.all.append(task)
        threading.Thread(target=self._run, args=(task,), daemon=True).start()

    def ready(self) -> list[Task]:
        """Return the tasks that can go on."""
        now = self._now()
        return [
            task
            for task in self.all
            if task.is_killed
            or (task.not_before <= now and (task.waits_for is None or task.waits_for.is_free))
        ]

    def give_way(self) -> None:
        """Let another task go on, perhaps; called by the one that runs."""
        task = self.current
        if task.is_killed:
            raise KilledError(task.name)
        following = self._next(task)
        if following is not task:
            self._hand_over(task, following)
        if task.is_killed:
            raise KilledError(task.name)

    def drive(self) -> None:
        """Let tasks run until none can go on now, or one of them has found what ends the run."""
        ready = self.ready()
        if ready and self.error is None:
            self._resume(self._choose(ready[0], ready))
            self._stage.acquire()
            self._current = None

    def end(self) -> None:
        """End all tasks that are left."""
        for task in list(self.all):
            task.is_killed = True
            self._resume(task)
            self._stage.acquire()
        self._current = None

    def _next(self, task: Task) -> Task | None:
        if self.error is not None:
            return None
        ready = self.ready()
        return self._choose(task, ready) if ready else None

    def _hand_over(self, task: Task, following: Task | None) -> None:
        if following is None:
            self._stage.release()
        else:
            self._resume(following)
        task.baton.acquire()

    def _resume(self, task: Task) -> None:
        self._current = task
        task.baton.release()

    def _run(self, task: Task) -> None:
        task.baton.acquire()
        try:
            if not task.is_killed:
                task.work()
        except KilledError:
            pass
        except BaseException as error:  # noqa: BLE001  # whoever drives the tasks raises it
            self.error = self.error or error
        task.is_done = True
        self.all.remove(task)
        # Never straight to another task: who drives them sees first that this one has ended.
        self._stage.release()
