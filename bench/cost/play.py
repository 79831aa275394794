"""Play the app through hours of a small world, on a clock of its own, and count what it does."""

import json
import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from azure.data.tables import TableEntity

from bench.cost.counts import IDLE_LOOKS, KEPT_TIMERS, Counts, billed_seconds, idle_looks, operation_of
from bench.cost.log_rows import CountedLog, billed_bytes, rows_of_host
from bench.cost.world import MIDNIGHT, REGION, World
from local.azure.azurite import Azurite, azurite
from local.azure.small_azure import SmallAzure, small_azure
from local.azure.storage_calls import storage_call
from local.host import Host, Invocation
from local.host.options import read_options
from local.machine.https import ServedCall, recorded_calls
from local.replay.stage import StageClock
from local.teams import teams
from shared.app.names import Container, Queue, Table
from shared.app.runtime import current, hosted

MINUTE = timedelta(minutes=1)
QUEUES = tuple(name for queue in Queue for name in (str(queue), f"{queue}-poison"))
# The host keeps when a timer fired last, where it fires once a minute at most
# (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#decorators, `use_monitor`).
_LEAST_MONITORED = MINUTE
_SETTINGS = json.loads(
    (Path(__file__).parents[2] / "local.settings.json.example").read_text(encoding="utf-8")
)["Values"]
_ASKED = {
    "log queries": ("POST", "/query"),
    "metric calls": ("POST", "metrics:getbatch"),
    "Resource Graph queries": ("POST", "microsoft.resourcegraph/resources"),
    "Resource Manager calls": ("GET", "/arm/"),
    "cards": ("POST", "/workflows/"),
}


@dataclass
class _Stage:
    world: World
    host: Host
    azure: SmallAzure
    clock: StageClock
    log: CountedLog

    def move_to(self, moment: datetime) -> None:
        self.clock.moment = moment
        self.world.workspace.visible_until = self.world.metrics.visible_until = moment
        self.azure.arm.store.visible_until = moment

    def play(self, once: Sequence[str]) -> None:
        """Fire each timer when it is due, and feed the queues once a minute; then fire some once."""
        fed = MIDNIGHT
        for moment, name in self.host.timers(MIDNIGHT, self.world.end):
            if moment - fed >= MINUTE:
                self.host.drain()
                fed = moment
            self.move_to(moment)
            self._fire(name)
        for name in once:
            self._fire(name)
        self.host.drain()

    def _fire(self, name: str) -> None:
        self.log.function = name
        self.host.fire(name)


def played(world: World, once: Sequence[str] = ()) -> Counts:
    """Return what the app did in a world, from its first minute to its last, and in some timers at its end.

    Raises:
        RuntimeError: a function failed.
    """
    counts, lines, invocations = Counts(), list[str](), list[Invocation]()
    with (
        azurite(on_request=lines.append) as storage,
        recorded_calls() as calls,
        _stage(world, storage, counts, invocations) as stage,
    ):
        stage.play(once)
        _wait_for(lines)
        seen, served = list(lines), list(calls)
        counts.stored_bytes = _stored()
    failed = {invocation.function for invocation in invocations if not invocation.succeeded}
    if failed:
        raise RuntimeError(f"{', '.join(sorted(failed))} failed while it was counted")
    _count_executions(counts, invocations)
    _count_storage(counts, seen, stage.host, world)
    counts.asked.update(name for call in served if (name := asked_of(call)))
    return counts


def asked_of(call: ServedCall) -> str | None:
    """Return what a request to a stand-in asked, or None where it is none that counts."""
    for name, (method, part) in _ASKED.items():
        if call.method == method and part in call.path.lower():
            return name
    return None


@contextmanager
def _stage(world: World, storage: Azurite, counts: Counts, invocations: list[Invocation]) -> Iterator[_Stage]:
    clock = StageClock(MIDNIGHT)
    entries = [{"id": resource, "region": REGION} for resource in world.resources]
    with (
        small_azure(world.workspace, metrics=world.metrics, arm=world.arm) as azure,
        teams(rates=(), clock=clock) as channel,
        tempfile.TemporaryDirectory() as folder,
    ):
        (Path(folder) / "resources.yaml").write_text(json.dumps({"resources": entries}), encoding="utf-8")
        environment = {
            **{name: value for name, value in _SETTINGS.items() if name.endswith("_SCHEDULE")},
            **storage.environment_of(storage.unused()),
            **azure.environment,
            "CONFIG_FOLDER": folder,
            "TEAMS_WEBHOOK_URL": channel.url,
            "PUBLIC_URL": "https://watch.contoso.com/api",
        }
        azure.arm.graph.quota = 1_000_000  # of five seconds, in which hours pass here
        log = CountedLog(counts)
        with patch.dict(os.environ, environment), hosted(clock), _counting(log):
            yield _Stage(world, Host(observe=invocations.append), azure, clock, log)


@contextmanager
def _counting(log: CountedLog) -> Iterator[None]:
    """Let the app log as on Azure: `Information`, the level of host.json."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    root.addHandler(log)
    try:
        yield
    finally:
        root.removeHandler(log)
        root.setLevel(level)


def _wait_for(lines: list[str]) -> None:
    """Wait until the access log, which comes through a pipe, is still."""
    before = -1
    while before != len(lines):
        before = len(lines)
        time.sleep(0.5)


def _count_executions(counts: Counts, invocations: list[Invocation]) -> None:
    for invocation in invocations:
        counts.executions[invocation.function] += 1
        counts.billed_seconds += billed_seconds(invocation.seconds)
        rows = rows_of_host(invocation.function, invocation.reason)
        counts.log_rows["host"] += len(rows)
        counts.log_bytes["host"] += sum(billed_bytes(row) for row in rows)


def _count_storage(counts: Counts, lines: list[str], host: Host, world: World) -> None:
    calls = (call for line in lines if (call := storage_call(line)))
    counts.storage.update(kind for call in calls if (kind := operation_of(call)))
    # The host's own, which it does not do here: it looks into queues, and keeps when a timer fired.
    seconds = world.hours * 3600
    most_idle = read_options().queues.most_idle.total_seconds()
    counts.storage[IDLE_LOOKS] += idle_looks(len(QUEUES), seconds, most_idle)
    times = Counter(name for _, name in host.timers(MIDNIGHT, world.end))
    most = seconds / _LEAST_MONITORED.total_seconds()
    counts.storage[KEPT_TIMERS] += sum(count for count in times.values() if count <= most)


def _stored() -> Counter[str]:
    """Return what storage holds, by service."""
    storage = current().storage
    rows = (row for table in Table for row in storage.table(str(table)).list_entities())
    blobs = (blob for name in Container for blob in storage.container(str(name)).list_blobs())
    messages = (message for name in QUEUES for message in storage.queue(name).peek_messages(32))
    return Counter(
        tables=sum(map(row_bytes, rows)),
        blobs=sum(blob.size for blob in blobs),
        queues=sum(len(message.content) for message in messages),
    )


def row_bytes(row: TableEntity) -> int:
    """Return how large a row of a table is.

    https://learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage
    """
    keys = 2 * (len(row["PartitionKey"]) + len(row["RowKey"]))
    own = {name: value for name, value in row.items() if name not in {"PartitionKey", "RowKey"}}
    return 4 + keys + sum(8 + 2 * len(name) + _value_bytes(value) for name, value in own.items())


def _value_bytes(value: object) -> int:
    if isinstance(value, str):
        return 4 + 2 * len(value)
    if isinstance(value, bytes):
        return 4 + len(value)
    return 1 if isinstance(value, bool) else 8
