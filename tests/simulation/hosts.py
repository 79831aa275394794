"""The two hosts of a simulation: what begins on them, which die, and what becomes of messages, alerts and presses of links."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from azure.core.exceptions import AzureError

from shared.app import dead_letters
from shared.app.alerts import alerting
from shared.app.names import Queue
from shared.app.runtime import Runtime
from shared.errors import LinekeeperError
from tests.incidents.fake_rooms import NOON
from tests.simulation.chance import Chance
from tests.simulation.host import TIMERS, WORKERS, World, new_runtime
from tests.simulation.laws import Laws
from tests.simulation.people import Visit
from tests.simulation.storage.queues import Message
from tests.simulation.storage.wire import Answer, LostError, NotSentError
from tests.simulation.story import Posting
from tests.simulation.tasks import Task, Tasks

HOSTS = ("A", "B")
_AT_ONCE = 2  # invocations of one host
_LEASE = timedelta(minutes=10)  # of a message that is worked on, as the Functions host has it
_ATTEMPTS = 5
_PAUSE = timedelta(seconds=30)
_POISON = "-poison"
_TWICE = 0.15  # of all timers


@dataclass
class Host:
    """A process of the app, which dies and starts again."""

    name: str
    runtime: Runtime
    starts: int = 0
    back_at: datetime | None = None  # while it is dead


class Hosts:
    """The hosts, the timers that are due on them, and the alerts that are on their way to them."""

    def __init__(self, world: World, chance: Chance, tasks: Tasks, laws: Laws, *, cold: bool) -> None:
        self._world, self._chance, self._tasks, self._laws = world, chance, tasks, laws
        self._is_cold = cold
        self.all = {name: Host(name, new_runtime(world, name, cold=cold)) for name in HOSTS}
        self.due: dict[str, datetime] = dict.fromkeys(TIMERS, NOON)
        self._coming = list(world.story.postings)
        self.visits: list[Visit] = []  # of people, by links

    def kill(self, name: str, key: str) -> None:
        """End the process of a host, which starts again within minutes."""
        host = self.all[name]
        if host.back_at is not None:
            return
        for task in self._tasks.all:
            task.is_killed = task.is_killed or task.host == name
        host.back_at = self._world.time.now() + timedelta(seconds=self._chance.between(f"{key} dead", 1, 300))
        self._world.network.note(f"host {name} dies")

    def revive_all(self) -> None:
        """Start every host that is dead."""
        for host in self.all.values():
            self._revive(host)

    def _revive(self, host: Host) -> None:
        if host.back_at is not None:
            host.back_at = None
            host.runtime = new_runtime(self._world, host.name, cold=self._is_cold)

    def dispatch(self) -> None:
        """Begin what is due on hosts that live and have room."""
        now = self._world.time.now()
        if not self._is_due(now):
            return
        for host in self.all.values():
            if host.back_at is not None and host.back_at <= now:
                self._revive(host)
        while self._coming and self._coming[0].at <= now:
            if not (free := self._free_hosts()):
                break
            posting = self._coming.pop(0)
            self._begin(self._one(free, posting.name), "receive_alert", partial(self._receive, posting))
        self._bring_people(now)
        for name, due in self.due.items():
            if due <= now and (free := self._free_hosts()):
                self.due[name] = now + self._interval(name)
                host = self._one(free, f"{name} {due}")
                twice = self._chance.number(f"{name} {due} fires twice") < _TWICE  # as when its lock is lost
                for each in free if twice else [host]:
                    self._begin(each, name, partial(TIMERS[name], each.runtime))
        self._take_messages(now)

    def moments(self) -> Iterator[datetime]:
        """Yield when something is due on a host."""
        yield from self.due.values()
        yield from (posting.at for posting in self._coming[:1])
        yield from (visit.at for visit in self.visits)
        yield from (host.back_at for host in self.all.values() if host.back_at)
        yield from (message.visible_at for message in self.messages())

    def messages(self) -> Iterator[Message]:
        """Yield every message of every queue."""
        for _, messages in sorted(self._world.account.queues.messages.items()):
            yield from messages

    def _is_due(self, now: datetime) -> bool:
        return (
            any(due <= now for due in self.due.values())
            or any(host.back_at is not None for host in self.all.values())
            or bool(self._coming and self._coming[0].at <= now)
            or any(visit.at <= now for visit in self.visits)
            or any(
                message.visible_at <= now
                for messages in self._world.account.queues.messages.values()
                for message in messages
            )
        )

    def _take_messages(self, now: datetime) -> None:
        for queue, messages in sorted(self._world.account.queues.messages.items()):
            for message in messages:
                free = self._free_hosts()
                if not free:
                    return
                if message.visible_at > now:
                    continue
                host = self._one(free, f"{message.id} {message.times}")
                message.times += 1
                self._world.account.queues._hide(message, _LEASE)
                name = WORKERS[queue][0] if queue in WORKERS else f"collect_{queue.replace('-', '_')}"
                self._begin(host, name, partial(self._handle, host, queue, message))

    def _bring_people(self, now: datetime) -> None:
        for visit in [visit for visit in self.visits if visit.at <= now]:
            if free := self._free_hosts():
                self.visits.remove(visit)
                host = self._one(free, visit.name)
                self._begin(host, "respond_to_incident", partial(self._press, host, visit))

    def _interval(self, name: str) -> timedelta:
        minutes = {
            "watch_connectivity": 5 if self._world.story.watches else 60,
            "track_incidents": 3,
            "send_due_notices": 2,
        }
        return timedelta(minutes=minutes[name])

    def _free_hosts(self) -> list[Host]:
        return [
            host
            for host in self.all.values()
            if host.back_at is None and sum(task.host == host.name for task in self._tasks.all) < _AT_ONCE
        ]

    def _one(self, hosts: list[Host], key: str) -> Host:
        return self._chance.one_of(f"host of {key}", hosts)

    def _begin(self, host: Host, name: str, work: Callable[[], object]) -> None:
        host.starts += 1
        task = Task(
            f"{host.name}{host.starts} {name}", host.name, lambda: self._guarded(work), self._world.time.now()
        )
        self._tasks.begin(task)

    def _guarded(self, work: Callable[[], object]) -> None:
        """Do some work; what a host logs ends nothing, and whatever else it raises is a law that is broken."""
        try:
            work()
        except (LinekeeperError, AzureError) as error:
            self._world.network.note(
                f"{self._tasks.current.name} failed: {type(error).__name__}: {str(error)[:120]}"
            )

    def _receive(self, posting: Posting) -> None:
        """Bring an alert as Azure Monitor does, which comes again where it is told to, or hears nothing."""
        task = self._tasks.current
        runtime = self.all[task.host].runtime
        answered = False
        try:
            answer = alerting.receive_alert_once(posting.body, "", runtime)
            self._world.network.note(f"{task.name}: {posting.name} is answered {answer.status}")
            answered = answer.status == 202
            if answered:
                self._laws.alert_accepted(posting)
        finally:
            if not answered and self._tasks.error is None:
                again = Posting(
                    posting.name, self._world.time.now() + timedelta(seconds=30), posting.body, posting.fits
                )
                self._coming = sorted([*self._coming, again], key=lambda one: (one.at, one.name))

    def _press(self, host: Host, visit: Visit) -> None:
        """Press a link as a person does, who tries again where no answer comes, or the page says so."""
        task, status = self._tasks.current, 0
        try:
            page = visit.press(host.runtime)
            status = page.status
            self._world.network.note(f"{task.name}: {visit.name} ({visit.action}) is answered {status}")
            self._laws.person_answered(visit, page)
        finally:
            if status in (0, 503) and self._tasks.error is None:
                self.visits += visit.again(self._world.time.now())

    def _handle(self, host: Host, queue: str, message: Message) -> None:
        """Work on a message, then delete it, hide it for a while, or bury it."""
        task, receipt = self._tasks.current, message.receipt
        if message.times > _ATTEMPTS and not queue.endswith(_POISON):
            self._finish(queue, message, receipt, buried=True)
            return
        try:
            if queue in WORKERS:
                self._note_lane(task, queue, message.text)
                WORKERS[queue][1](message.text, host.runtime)
            else:
                dead_letters.collect_once(queue, message.text, message.times, host.runtime)
        except (LinekeeperError, AzureError) as error:
            self._world.network.note(f"{task.name} failed: {type(error).__name__}: {str(error)[:120]}")
            if message.times >= _ATTEMPTS and not queue.endswith(_POISON):
                self._finish(queue, message, receipt, buried=True)
            elif message.receipt == receipt:
                self._world.account.queues._hide(message, _PAUSE)
            return
        self._finish(queue, message, receipt)

    def _finish(self, queue: str, message: Message, receipt: str, *, buried: bool = False) -> None:
        try:
            self._world.network.carry(
                "queue",
                f"{'bury' if buried else 'delete'} a message of {queue}",
                None,
                lambda: self._end_message(queue, message, receipt, buried=buried),
                busy=lambda: Answer(503),
                status=lambda answer: answer.status,
            )
        except (NotSentError, LostError):
            return

    def _end_message(self, queue: str, message: Message, receipt: str, *, buried: bool) -> Answer:
        messages = self._world.account.queues.messages
        if message not in messages[queue] or message.receipt != receipt:
            return Answer(404)
        if buried:
            copy = Message(
                f"{message.id}p", message.text, self._world.time.now(), None, self._world.time.now(), ""
            )
            messages.setdefault(f"{queue}{_POISON}", []).append(copy)
        messages[queue].remove(message)
        self._laws.queue_changed(queue)
        return Answer(204)

    @staticmethod
    def _note_lane(task: Task, queue: str, text: str) -> None:
        if queue == Queue.NOTICES:
            task.notes["lane"] = json.loads(text).get("stream", "")
