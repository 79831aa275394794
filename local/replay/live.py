"""Replay a case in real time: shift its times to now, and run the app's triggers as the minutes pass."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from local.arm import ArmStore
from local.exports import read_folder
from local.host import Host
from local.metrics.store import MetricStore, read_samples
from local.replay.case import Case
from local.workspace.arrival import with_arrival
from local.workspace.database import LogRow, Workspace

ALREADY_PASSED = timedelta(minutes=5)  # of the case's window, at the start
LATE = timedelta(seconds=5)  # a timer that fires later than this is marked as past due


def shift_times(tables: Mapping[str, Sequence[LogRow]], by: timedelta) -> dict[str, list[LogRow]]:
    """Return the rows with every time shifted; times inside of texts stay."""
    return {
        table: [
            {name: cell + by if isinstance(cell, datetime) else cell for name, cell in row.items()}
            for row in rows
        ]
        for table, rows in tables.items()
    }


def rows_from(case: Case, start: datetime) -> Workspace:
    """Return a workspace with a case's rows, as if its window began at `start`."""
    workspace = Workspace()
    tables = with_arrival(read_folder(case.folder).tables)
    workspace.load(shift_times(tables, start - case.scope.window.start))
    return workspace


def metrics_from(case: Case, start: datetime) -> MetricStore:
    """Return a case's metrics, as if its window began at `start`."""
    by = start - case.scope.window.start
    regions = {case.scope.resources[0]: case.region} if case.region else {}
    samples = (
        replace(sample, at=(sample.at + by).replace(second=0, microsecond=0))
        for sample in read_samples(case.folder)
    )
    return MetricStore(samples, regions)


@contextmanager
def watch_settings(case: Case) -> Iterator[dict[str, str]]:
    """Write a configuration that names the case's resource; yield the setting that points to it."""
    entry = {
        "id": case.scope.resources[0],
        "apps": list(case.scope.applications),
        "region": case.region,
    }
    fields = {key: value for key, value in entry.items() if value}
    with tempfile.TemporaryDirectory(prefix="linekeeper-") as folder:
        # Each JSON text is YAML too.
        (Path(folder) / "resources.yaml").write_text(json.dumps({"resources": [fields]}), encoding="utf-8")
        yield {"CONFIG_FOLDER": folder}


@dataclass
class Minutes:
    """The minutes of a live replay: each makes arrived rows visible, fires due timers and polls the queues."""

    host: Host
    workspace: Workspace
    metrics: MetricStore
    reached: datetime
    arm: ArmStore = field(default_factory=ArmStore)

    def move_to(self, now: datetime) -> int:
        """Advance to a later time; return how many timers and messages were begun.

        A timer that was due more than once fires once, as on Azure, and not while it still runs.
        """
        self.workspace.visible_until = self.metrics.visible_until = self.arm.visible_until = now
        due = {name: moment for moment, name in self.host.timers(self.reached, now)}
        self.reached = now
        begun = [self.host.start(name, past_due=now - moment > LATE) for name, moment in due.items()]
        return sum(begun) + self.host.poll(now)
