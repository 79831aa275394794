"""Play one seed: two hosts in one process, one request at a time, until everything is told and closed."""

import logging
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import HttpTransport

from shared import redaction
from shared.app import dead_letters, stores
from shared.app.alerts import alerting
from shared.app.names import ALERT_QUEUES, Queue
from shared.app.runtime import Runtime
from shared.clock import iso
from shared.cloud.storage.events import rows as event_rows
from shared.configuration.snapshot import Configuration
from shared.errors import LinekeeperError
from shared.health.redeliver import redeliver, requeue_alerts
from shared.playbooks import answers as playbook_answers
from shared.queries import run as query_run
from shared.queries.scope import Scope
from shared.signals import poll as signal_poll
from tests.incidents.fake_rooms import NOON
from tests.simulation.chance import Chance, Decision
from tests.simulation.channel import ADDRESS, Channel
from tests.simulation.host import TIMERS, WORKERS, World, make_account, new_runtime
from tests.simulation.inline import InlineExecutor
from tests.simulation.laws import LawBrokenError, Laws
from tests.simulation.mischief import RESOURCES, Mischief
from tests.simulation.network import Network, Time
from tests.simulation.storage.memory import MemoryAccount, rest_of
from tests.simulation.storage.queues import Message
from tests.simulation.storage.wire import Answer, LostError, NotSentError
from tests.simulation.story import Posting, story_of
from tests.simulation.tasks import Task, Tasks, Turn

try:
    from shared.configuration.versions import good
except ImportError:
    good = None

HOSTS = ("A", "B")
_AT_ONCE = 2  # invocations of one host
_LEASE = timedelta(minutes=10)  # of a message that is worked on, as the Functions host has it
_ATTEMPTS = 5
_PAUSE = timedelta(seconds=30)
_POISON = "-poison"
_TWICE = 0.15  # of all timers
# Minutes between the ticks at the end: a claim ends, what was put off is due, what holds for half an hour is over.
_SETTLING = (1, 3, 12, 35, *[20] * 9, *[60] * 26)
_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a seed: what is wrong, or nothing; the decisions that were made, and a line for each request."""

    seed: int
    wrong: str
    made: tuple[str, ...]
    lines: tuple[str, ...]
    cards: int

    @property
    def kind(self) -> str:
        """What kind of thing is wrong: the words of it without names and numbers."""
        return " ".join(word for word in self.wrong.split()[:12] if word.isalpha() or word.endswith("Error:"))

    @property
    def requests(self) -> int:
        """The number of requests."""
        return len(self.lines)


@dataclass
class _Host:
    name: str
    runtime: Runtime
    starts: int = 0
    back_at: datetime | None = None  # while it is dead


class Simulation:
    """One seed's world."""

    def __init__(
        self, seed: int, folder: Path, allowed: frozenset[str] | None = None, *, sdk: bool = False
    ) -> None:
        self.chance = Chance(seed, allowed)
        self.time = Time(NOON)
        self.tasks = Tasks(self.time.now, self._choose)
        self.network = Network(self.chance, self.time, self.tasks, self._around)
        self.story = story_of(self.chance)
        account = MemoryAccount(self.time.now)
        self.world = World(
            self.time, account, self.network, self.story, folder, seed, partial(Turn, self.tasks), sdk
        )
        self.laws = Laws(self.world)
        self.channel = Channel(self.network, self.laws)
        account.tables.observe = self.laws.row_changed
        account.queues.observe = self.laws.queue_changed
        self._mischief = Mischief(
            self.chance, self.network, account.tables.rows, folder, account.blobs.containers
        )
        self._is_cold = self.chance.has("story: the account is new", 0.1)
        if not self._is_cold:
            make_account(account)
        self.hosts = {name: _Host(name, new_runtime(self.world, name, cold=self._is_cold)) for name in HOSTS}
        self._due: dict[str, datetime] = dict.fromkeys(TIMERS, NOON)
        self._coming = list(self.story.postings)
        self._ends = max([posting.at for posting in self._coming] + [NOON + timedelta(minutes=15)])

    def play(self) -> None:
        """Play the story with all that goes wrong, then let nothing go wrong until all is settled.

        Raises:
            LawBrokenError: what must hold does not.
        """
        ends = self._ends + timedelta(minutes=5)
        for _ in range(_MOST_STEPS):
            if self.time.now() >= ends and not self.tasks.all:
                break
            self._step(ends)
        self._settle()

    def _settle(self) -> None:
        self.chance.is_calm = True
        self._mischief.end()
        self.network.outages.clear()
        self.time.offsets.clear()
        for host in self.hosts.values():
            self._revive(host)
        self.laws.redelivers = True
        for number, minutes in enumerate(_SETTLING):
            self.time.moment = _after(self.time.now(), minutes)
            for timer in TIMERS:
                if self.story.watches or timer != "watch_connectivity" or not number:
                    self._due[timer] = self.time.now()
            self._drain()
            if number % 4 == 2:
                self._redeliver()
            if not self.laws.unsettled():
                return
        raise LawBrokenError(f"in the end: {'; '.join(self.laws.unsettled()[:5])}")

    def end(self) -> None:
        """End what is left, so that the next seed begins as this one did."""
        self.tasks.end()
        self._mischief.end()

    def _redeliver(self) -> None:
        """Do what a person does about dead letters once all is well again."""
        storage = self.hosts["A"].runtime.storage
        letters = stores.dead_letters(storage)
        redeliver(letters, stores.outbox(storage), stores.lanes(storage), self.time.now())
        for name in ALERT_QUEUES:
            requeue_alerts(letters, name, partial(storage.queue(name).send_message, time_to_live=-1))
        self._drain()

    def _drain(self) -> None:
        for _ in range(_MOST_STEPS):
            self._dispatch()
            if not self.tasks.all:
                return
            self._run()
        raise LawBrokenError("the hosts never come to rest")

    def _step(self, ends: datetime) -> None:
        self._dispatch()
        if self.tasks.ready():
            self._run()
        else:
            self.time.moment = max(
                self.time.now() + timedelta(milliseconds=1), min(self._moments(), default=ends)
            )

    def _run(self) -> None:
        if not self.tasks.ready():
            self.time.moment = max(self.time.now(), min(task.not_before for task in self.tasks.all))
        self.tasks.drive()
        if self.tasks.error is not None:
            raise self.tasks.error

    def _moments(self) -> Iterator[datetime]:
        """Yield when something may happen next."""
        now = self.time.now()
        moments = [
            *(task.not_before for task in self.tasks.all),
            *self._due.values(),
            *(posting.at for posting in self._coming[:1]),
            *(host.back_at for host in self.hosts.values() if host.back_at),
            *(ghost[0] for ghost in self.network.ghosts),
            *(
                message.visible_at
                for messages in self.world.account.queues.messages.values()
                for message in messages
            ),
        ]
        yield from (moment for moment in moments if moment > now)

    # Who goes on.

    def _choose(self, task: Task, ready: list[Task]) -> Task:
        others = [other for other in ready if other is not task]
        if not others:
            return task
        key = task.key()
        if task in ready and not task.is_killed and not self.chance.decides(Decision.SWITCH, key):
            return task
        return self.chance.one_of(f"{key} to", others)

    # What happens beside the requests.

    def _around(self, task: Task, key: str) -> None:
        now = self.time.now()
        self._dispatch()
        if self.chance.decides(Decision.DEATH, key):
            self._kill(task.host, key)
        if self.chance.decides(Decision.CLOCK, key):
            host = self.chance.one_of(f"{key} clock", HOSTS)
            far = 3600 if self.chance.number(f"{key} far") < 0.2 else 150
            seconds = self.chance.between(f"{key} by", -far, far)
            self.time.offsets[host] = timedelta(seconds=round(seconds))
            self.network.note(f"the clock of {host} is wrong by {seconds:.0f} s")
        self._mischief.happen(key, now)
        if self.chance.decides(Decision.AGAIN, key):
            hidden = [message for message in self._messages() if message.visible_at > now]
            if hidden:
                self.chance.one_of(f"{key} again", hidden).visible_at = now

    def _messages(self) -> Iterator[Message]:
        for _, messages in sorted(self.world.account.queues.messages.items()):
            yield from messages

    def _kill(self, name: str, key: str) -> None:
        host = self.hosts[name]
        if host.back_at is not None:
            return
        for task in self.tasks.all:
            task.is_killed = task.is_killed or task.host == name
        host.back_at = self.time.now() + timedelta(seconds=self.chance.between(f"{key} dead", 1, 300))
        self.network.note(f"host {name} dies")

    def _revive(self, host: _Host) -> None:
        if host.back_at is not None:
            host.back_at = None
            host.runtime = new_runtime(self.world, host.name, cold=self._is_cold)

    # What the hosts do.

    def _dispatch(self) -> None:
        """Begin what is due on hosts that live and have room."""
        now = self.time.now()
        if not self._is_due(now):
            return
        for host in self.hosts.values():
            if host.back_at is not None and host.back_at <= now:
                self._revive(host)
        while self._coming and self._coming[0].at <= now:
            if not (free := self._free_hosts()):
                break
            posting = self._coming.pop(0)
            self._begin(self._one(free, posting.name), "receive_alert", partial(self._receive, posting))
        for name, due in self._due.items():
            if due <= now and (free := self._free_hosts()):
                self._due[name] = now + self._interval(name)
                host = self._one(free, f"{name} {due}")
                twice = self.chance.number(f"{name} {due} fires twice") < _TWICE  # as when its lock is lost
                for each in free if twice else [host]:
                    self._begin(each, name, partial(TIMERS[name], each.runtime))
        self._take_messages(now)

    def _is_due(self, now: datetime) -> bool:
        return (
            any(due <= now for due in self._due.values())
            or any(host.back_at is not None for host in self.hosts.values())
            or bool(self._coming and self._coming[0].at <= now)
            or any(
                message.visible_at <= now
                for messages in self.world.account.queues.messages.values()
                for message in messages
            )
        )

    def _take_messages(self, now: datetime) -> None:
        for queue, messages in sorted(self.world.account.queues.messages.items()):
            for message in messages:
                free = self._free_hosts()
                if not free:
                    return
                if message.visible_at > now:
                    continue
                host = self._one(free, f"{message.id} {message.times}")
                message.times += 1
                self.world.account.queues._hide(message, _LEASE)
                name = WORKERS[queue][0] if queue in WORKERS else f"collect_{queue.replace('-', '_')}"
                self._begin(host, name, partial(self._handle, host, queue, message))

    def _interval(self, name: str) -> timedelta:
        minutes = {
            "watch_connectivity": 5 if self.story.watches else 60,
            "track_incidents": 3,
            "send_due_notices": 2,
        }
        return timedelta(minutes=minutes[name])

    def _free_hosts(self) -> list[_Host]:
        return [
            host
            for host in self.hosts.values()
            if host.back_at is None and sum(task.host == host.name for task in self.tasks.all) < _AT_ONCE
        ]

    def _one(self, hosts: list[_Host], key: str) -> _Host:
        return self.chance.one_of(f"host of {key}", hosts)

    def _begin(self, host: _Host, name: str, work: Callable[[], object]) -> None:
        host.starts += 1
        task = Task(
            f"{host.name}{host.starts} {name}", host.name, lambda: self._guarded(work), self.time.now()
        )
        self.tasks.begin(task)

    def _guarded(self, work: Callable[[], object]) -> None:
        """Do some work; what a host logs ends nothing, and whatever else it raises is a law that is broken."""
        try:
            work()
        except (LinekeeperError, AzureError) as error:
            self.network.note(f"{self.tasks.current.name} failed: {type(error).__name__}: {str(error)[:120]}")

    def _receive(self, posting: Posting) -> None:
        """Bring an alert as Azure Monitor does, which comes again where it is told to, or hears nothing."""
        task = self.tasks.current
        runtime = self.hosts[task.host].runtime
        answered = False
        try:
            answer = alerting.receive_alert_once(posting.body, "", runtime)
            self.network.note(f"{task.name}: {posting.name} is answered {answer.status}")
            answered = answer.status == 202
            if answered:
                self.laws.alert_accepted(posting)
        finally:
            if not answered and self.tasks.error is None:
                again = Posting(
                    posting.name, self.time.now() + timedelta(seconds=30), posting.body, posting.fits
                )
                self._coming = sorted([*self._coming, again], key=lambda one: (one.at, one.name))

    def _handle(self, host: _Host, queue: str, message: Message) -> None:
        """Work on a message, then delete it, hide it for a while, or bury it."""
        task, receipt = self.tasks.current, message.receipt
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
            self.network.note(f"{task.name} failed: {type(error).__name__}: {str(error)[:120]}")
            if message.times >= _ATTEMPTS and not queue.endswith(_POISON):
                self._finish(queue, message, receipt, buried=True)
            elif message.receipt == receipt:
                self.world.account.queues._hide(message, _PAUSE)
            return
        self._finish(queue, message, receipt)

    def _finish(self, queue: str, message: Message, receipt: str, *, buried: bool = False) -> None:
        try:
            self.network.carry(
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
        messages = self.world.account.queues.messages
        if message not in messages[queue] or message.receipt != receipt:
            return Answer(404)
        if buried:
            copy = Message(f"{message.id}p", message.text, self.time.now(), None, self.time.now(), "")
            messages.setdefault(f"{queue}{_POISON}", []).append(copy)
        messages[queue].remove(message)
        self.laws.queue_changed(queue)
        return Answer(204)

    @staticmethod
    def _note_lane(task: Task, queue: str, text: str) -> None:
        if queue == Queue.NOTICES:
            import json

            task.notes["lane"] = json.loads(text).get("stream", "")


def _after(now: datetime, minutes: int) -> datetime:
    """Return a moment so many minutes later; after an hour it is a whole one, for some things happen then alone."""
    later = now + timedelta(minutes=minutes)
    return later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if minutes == 60 else later


@contextmanager
def stage() -> Iterator[Path]:
    """Let this process play seeds until the block ends."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "resources.yaml").write_text(RESOURCES, encoding="utf-8")
        patch.setenv("TEAMS_WEBHOOK_URL", ADDRESS)
        patch.setattr(HttpTransport, "sleep", rest_of)
        for module in (signal_poll, event_rows, query_run):
            patch.setattr(module, "ThreadPoolExecutor", InlineExecutor)
        # Python 3.11 makes one under a lock that all instances share, and some ask storage while they are made.
        for value in (*vars(Configuration).values(), *vars(Runtime).values()):
            if isinstance(value, cached_property):
                patch.setattr(value, "lock", nullcontext())
        # Rows are recorded, so no text has to be one that a workspace would run.
        patch.setattr(query_run, "complete", _windowed)
        cached = lru_cache(maxsize=8192)(redaction.redact)
        for name, module in list(sys.modules.items()):
            if name.startswith("shared.") and getattr(module, "redact", None) is redaction.redact:
                patch.setattr(module, "redact", cached)
        for other in (query_run, playbook_answers):
            patch.setattr(other, "tables_of", lambda _: frozenset())
        logging.disable()
        try:
            yield Path(folder)
        finally:
            logging.disable(logging.NOTSET)


def _in_turns(whole: Callable[..., Any], turn: Callable[[], Turn], *given: Any, **named: Any) -> Any:
    known = whole(*given, **named)
    known.lock = turn()
    return known


def _windowed(text: str, scope: Scope, *, absent: Iterable[str] = ()) -> str:
    """Write a text with its window alone."""
    window = scope.window
    return f"let windowStart = datetime({iso(window.start)});\nlet windowEnd = datetime({iso(window.end)});\n{text}"


def run(seed: int, folder: Path, allowed: frozenset[str] | None = None, *, sdk: bool = False) -> Outcome:
    """Play one seed on a stage."""
    simulation = Simulation(seed, folder, allowed, sdk=sdk)
    tokens = iter(range(1, 1_000_000))
    wrong = ""
    with pytest.MonkeyPatch.context() as patch:
        if good is not None:  # its locks are held while storage is asked, and no thread may wait for one here
            patch.setattr(good, "_Known", partial(_in_turns, good._Known, simulation.world.turn))
        patch.setattr(secrets, "token_hex", lambda _=16: f"claim{next(tokens)}")
        patch.setattr(
            requests.adapters.HTTPAdapter,
            "send",
            lambda _adapter, request, *_given, **_named: simulation.channel.send(request),
        )
        try:
            simulation.play()
        except (Exception, LawBrokenError) as error:  # noqa: BLE001  # whatever it is, a seed has found it
            wrong = f"{type(error).__name__}: {error}"
        finally:
            simulation.end()
    network = simulation.network
    return Outcome(
        seed, wrong, tuple(simulation.chance.made), tuple(network.lines), len(simulation.channel.cards)
    )
