"""Set the stage for a case: a small Azure with its rows, storage, a channel of Teams, and the app itself with a clock of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.arm import arm_from
from local.azure.azurite import Azurite
from local.azure.small_azure import SmallAzure, small_azure
from local.exports import read_folder
from local.host import Host
from local.metrics import MetricStore
from local.replay.case import Case
from local.replay.live import metrics_from, watch_settings
from local.teams import Channel, teams
from local.workspace.arrival import with_arrival
from local.workspace.database import Workspace
from shared.app.runtime import Runtime, current, hosted
from shared.app.stores import lanes

_EVER_DUE = timedelta(days=2)  # no notice is put off for longer


class StageClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment that it was moved to."""
        return self.moment


@dataclass(frozen=True, slots=True)
class Stage:
    """The app on a case, and the servers that it talks to."""

    case: Case
    azure: SmallAzure
    metrics: MetricStore
    channel: Channel
    host: Host
    clock: StageClock

    def move_to(self, moment: datetime) -> None:
        """Set the clock to another time, and show the rows and metrics that have arrived by then."""
        self.clock.moment = moment
        self.azure.workspace.visible_until = moment
        self.metrics.visible_until = moment
        self.azure.arm.store.visible_until = moment

    def is_hiding(self) -> bool:
        """Tell whether some row or metric has yet to arrive."""
        return self.azure.workspace.is_hiding() or self.metrics.is_hiding()

    def is_telling(self) -> bool:
        """Tell whether a notice is still to be delivered, whenever it is due."""
        return bool(lanes(self.runtime.storage).due(self.clock.moment + _EVER_DUE))

    @property
    def runtime(self) -> Runtime:
        """Return what the app works with, to look into it."""
        return current()


@contextmanager
def stage_of(case: Case, storage: Azurite, library: Path | None = None) -> Iterator[Stage]:
    """Set up a case in this process, at the start of its window, on an account that nobody has used.

    `library` is a folder of a team's own pages.
    """
    workspace, metrics = Workspace(), metrics_from(case, case.scope.window.start)
    workspace.load(with_arrival(read_folder(case.folder).tables))
    clock = StageClock(case.scope.window.start)
    with (
        small_azure(workspace, metrics=metrics, arm=arm_from(case.folder)) as azure,
        # The stage's clock jumps from tick to tick, so that what is sent in one tick comes all at once.
        teams(rates=(), clock=clock) as channel,
        watch_settings(case) as configured,
    ):
        environment = {
            **storage.environment_of(storage.unused()),
            **azure.environment,
            **configured,
            "TEAMS_WEBHOOK_URL": channel.url,
            "PLAYBOOKS_FOLDER": str(library or ""),
            "PUBLIC_URL": "http://127.0.0.1:7071/api",
            "WATCH_SCHEDULE": "0 * * * * *",
            "TRACK_SCHEDULE": "30 * * * * *",
            "NOTICE_SCHEDULE": "*/15 * * * * *",
            "REVIEW_SCHEDULE": "0 0 6 1 1 *",  # no day that is played
            "DISCOVER_SCHEDULE": "0 0 6 1 1 *",
            "CANARY_SCHEDULE": "15,45 * * * * *",
            "SERVICE_HEALTH_SCHEDULE": "45 * * * * *",
            "MISSED_ALERTS_SCHEDULE": "0 */15 * * * *",
        }
        with _environment(environment), hosted(clock):
            azure.arm.graph.quota = 1_000_000  # of five seconds, in which hours pass here
            stage = Stage(case, azure, metrics, channel, Host(), clock)
            stage.move_to(clock.moment)
            yield stage


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
