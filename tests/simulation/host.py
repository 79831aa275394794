"""A host of the app: a runtime whose storage is in memory, whose logs are recorded, and whose clock may go wrong."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from shared.app import diagnosing, notifying, stores, tracking, watching
from shared.app.alerts import alerting
from shared.app.names import Container, Queue, Table
from shared.app.runtime import Runtime
from shared.cloud.storage.account import Storage
from shared.context.ports import Absence, ContextSources, SourceUnavailableError
from shared.notices.answers.keyring import KeyRing
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.metrics import MetricQuery, Series
from shared.settings import Settings
from tests.incidents.fake_rooms import FloorLogs
from tests.simulation.channel import ADDRESS
from tests.simulation.clients.line import Line
from tests.simulation.clients.without_sdk import storage_without_sdk
from tests.simulation.network import HostClock, Network, Time
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage
from tests.simulation.storage.wire import LostError, NotSentError
from tests.simulation.story import LOBBY, SYMPTOM, Story
from tests.simulation.tasks import Turn

WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
TIMERS: Mapping[str, Callable[[Runtime], None]] = {
    "watch_connectivity": watching.watch_once,
    "track_incidents": tracking.track_once,
    "send_due_notices": notifying.send_due_once,
}
WORKERS: Mapping[str, tuple[str, Callable[[str, Runtime], None]]] = {
    Queue.ALERTS: ("handle_alert", alerting.handle_alert_once),
    Queue.URGENT_ALERTS: ("handle_urgent_alert", alerting.handle_alert_once),
    Queue.PUSHED: ("judge_pushed", watching.judge_pushed_once),
    Queue.WORK: ("diagnose_incident", diagnosing.diagnose_once),
    Queue.NOTICES: ("deliver_notice", notifying.deliver_once),
}


@dataclass
class World:
    """What the hosts share."""

    time: Time
    account: MemoryAccount
    network: Network
    story: Story
    folder: Path
    seed: int
    turn: Callable[[], Turn]
    sdk: bool = False  # whether the clients are those of the SDKs


@dataclass
class Clients:
    """The clients of one host, which are made once for all seeds, as nothing of a seed is in them."""

    usual: Storage
    fast: Storage
    transport: MemoryTransport | None = None
    lines: tuple[Line, ...] = ()

    @classmethod
    @cache
    def of(cls, host: str, *, sdk: bool) -> "Clients":
        """Return the clients of a host: those of the SDKs, or what stands for them and takes a tenth of the time."""
        account = MemoryAccount(_never)
        if sdk:
            transport = MemoryTransport(account)
            return cls(memory_storage(transport), memory_storage(transport, fail_fast=True), transport)
        usual, fast = Line(account, tries=4), Line(account, tries=2)
        return cls(storage_without_sdk(usual), storage_without_sdk(fast), lines=(usual, fast))

    def reach(self, world: World, *, cold: bool) -> None:
        """Let them reach the account of a seed; a cold process has made no table yet."""
        network = world.network
        if self.transport is not None:
            self.transport.account, self.transport.meet = world.account, network.meet
            self.transport.rest = network.rest
        for line in self.lines:
            line.account, line.carry, line.rest = world.account, network.carry, network.rest
        for storage in (self.usual, self.fast):
            if cold:
                storage._clients.clear()
            else:
                _make_all(storage)


def new_runtime(world: World, host: str, *, cold: bool) -> Runtime:
    """Return the runtime of a process that starts."""
    clients, clock = Clients.of(host, sdk=world.sdk), HostClock(world.time, host, world.network.clock_read)
    clients.reach(world, cold=cold)
    runtime = Runtime(_settings(world.folder), clock)
    chance = random.Random(f"{world.seed} {host} {world.time.moment}")
    ring = KeyRing(stores.keys(clients.fast), clock, chance.randbytes)
    ring._lock = world.turn()  # type: ignore[assignment]  # a thread that waits for a real one would hold up all
    runtime.__dict__.update(
        storage=clients.usual,
        fast_storage=clients.fast,
        key_ring=ring,
        metrics=SimulatedMetrics(world.network),
        context=NO_CONTEXT,
        credential=None,
        _logs=lambda *names: SimulatedLogs(FloorLogs(world.story.floor, names), world.network),
        playbooks=_playbooks,
    )
    return runtime


@dataclass
class SimulatedLogs:
    """Recorded rows, asked over the network."""

    rows: FloorLogs
    network: Network

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Answer a query, or fail as a workspace does."""
        return _asked(self.network, "logs", lambda: _of_lobby(self.rows.query(text, within)))


@dataclass
class SimulatedMetrics:
    """No metrics, asked over the network."""

    network: Network

    def query(self, query: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        """Answer that there is no series, or fail as the service does."""
        return _asked(self.network, "metrics", lambda: ())


class _Silent:
    """Azure Resource Manager, to which nothing is connected."""

    def __getattr__(self, _: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> None:
            raise SourceUnavailableError("it is not connected", absence=Absence.NOT_CONNECTED)

        return refuse


NO_CONTEXT = ContextSources(graph=_Silent(), resources=_Silent(), health=_Silent())


def _asked(network: Network, service: str, answer: Callable[[], Any]) -> Any:
    late = QueryError(Failure.UNREACHABLE, f"the {service} do not answer")
    try:
        told = network.carry(
            service,
            f"query {service}",
            None,
            answer,
            busy=lambda: None,
            status=lambda told: "throttled" if told is None else "rows",
        )
    except (NotSentError, LostError) as error:
        raise late from error
    if told is None:
        raise QueryError(Failure.THROTTLED, "asked too often")
    return told


def _of_lobby(answer: LogAnswer) -> LogAnswer:
    return LogAnswer(tuple({**row, "Resource": LOBBY} if "Resource" in row else row for row in answer.rows))


def _make_all(storage: Storage) -> None:
    if len(storage._clients) < len(Table) + len(Queue) + len(Container):
        for table in Table:
            storage._clients["table", table] = storage._services.tables.get_table_client(table)
        for queue in Queue:
            storage._clients["queue", queue] = storage._services.queues.get_queue_client(queue)
        for container in Container:
            storage._clients["container", container] = storage._services.blobs.get_container_client(container)


def make_account(account: MemoryAccount) -> None:
    """Make all that the app makes at its first start."""
    account.tables.rows |= {table: {} for table in Table}
    account.queues.messages |= {queue: [] for queue in Queue}
    account.blobs.containers |= {container: {} for container in Container}


@cache
def _playbooks() -> Mapping[str, Playbook]:
    """Return one playbook with two of its hypotheses: how a diagnosis is made is not what is simulated."""
    playbook = load_library()[SYMPTOM]
    return {SYMPTOM: replace(playbook, hypotheses=playbook.hypotheses[:2], consequences={}, unexplained=None)}


@cache
def _settings(folder: Path) -> Settings:
    return Settings.from_environment(
        {
            "CONFIG_FOLDER": str(folder),
            "LOGS_WORKSPACE": WORKSPACE,
            "TEAMS_WEBHOOK_URL": ADDRESS,
            "PUBLIC_URL": "https://watch.contoso.com/api",
            "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        }
    )


def _never() -> Any:
    raise AssertionError("no seed has begun")
