"""What the app works with: its settings, its clock, and its clients, each made on first use and kept."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock
from shared.redaction import UserIds
from shared.settings import KeptSettings, Settings

if TYPE_CHECKING:
    from shared.alerts.receive import Recent
    from shared.app.tokens.communicating import AcsWorkplace
    from shared.app.tokens.negotiating import TokenWorkplace
    from shared.cloud.entra.credentials import Credential
    from shared.cloud.entra.event_tokens import EventTokens
    from shared.cloud.entra.gate import EntraGate
    from shared.cloud.storage.account import Storage
    from shared.configuration.events import EventRules
    from shared.configuration.files.folder import Folder
    from shared.configuration.files.kept import KeptFile
    from shared.configuration.snapshot import Configuration
    from shared.configuration.versions.good import GoodFiles, Version
    from shared.context.discoveries import KeptDiscoveries
    from shared.context.ports import ContextSources
    from shared.errors import InputError
    from shared.events.handlers import Handlers
    from shared.events.pushed import DampedAsks
    from shared.events.repeats import NotedRows
    from shared.health.kept_report import KeptReport
    from shared.health.readiness import Prober, Report
    from shared.notices.answers.keyring import KeyRing
    from shared.notices.answers.pages import HtmlPage
    from shared.notices.delivery.at_once import SlowReceivers
    from shared.playbooks.playbook import Playbook
    from shared.queries.logs import Logs
    from shared.queries.metrics import Metrics
    from shared.signals.absent import AbsentTables

# In this folder the SDKs are imported where they are used: a cold start that needs none of them pays for none.

# Each request that went well is a few lines of theirs, 92 % of what a quiet day logs. host.json cannot say it, for the host
# knows a record by its function and not by its logger. Not all of `azure`: the runtime logs below `azure.functions`.
for _name in ("azure.core", "azure.identity"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, eq=False)
class Runtime:
    """One app; two of them in a process share nothing. Several threads may use it.

    What is kept here asks nobody while it is made: where a service is down, no thread waits for another's attempts.
    """

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)

    def configuration(self, *, waits: bool = True) -> "Configuration":
        """Return the team's files for one call; each is read anew when it is needed. A report does not wait for storage."""
        from shared.configuration.snapshot import Configuration

        return Configuration(self.files, self.settings.logs_workspace, self.discovered.lines, waits=waits)

    def playbooks(self) -> "Mapping[str, Playbook]":
        """Return the app's playbooks with those of the team's pages that can be used; a changed page is read anew."""
        from shared.playbooks.loading.team_pages import usable_playbooks

        return usable_playbooks(self.settings.playbooks_folder)[0]

    def logs_over(self, workspaces: Sequence[str]) -> "Logs":
        """Return several workspaces as one; there is one client for each such list."""
        return self._logs(*workspaces)

    @cached_property
    def files(self) -> "GoodFiles":
        """Return the team's files, each in the version that counts."""
        from shared.app.stores import config_files, good_files
        from shared.configuration.versions.good import GoodFiles

        settings = self.settings

        def judge(file: str, folder: "Folder") -> "Sequence[InputError]":
            from shared.configuration.versions.judge import problems_of

            return problems_of(file, folder, settings.logs_workspace)

        container = settings.config_container
        return GoodFiles(
            settings.config_folder,
            judge,
            self.clock,
            edited=partial(config_files, lambda: self.fast_storage, container) if container else None,
            kept=partial(good_files, lambda: self.fast_storage) if settings.has_storage else None,
        )

    @cached_property
    def users(self) -> UserIds:
        """Return how users are shown."""
        return UserIds(self.settings.user_id_salt, self.settings.show_user_ids)

    @cached_property
    def credential(self) -> "Credential":
        """Return the app's managed identity."""
        from shared.cloud.entra.credentials import managed_identity

        return managed_identity(self.settings.client_id)

    @cached_property
    def storage(self) -> "Storage":
        """Return the app's storage account."""
        return self._storage(fail_fast=False)

    @cached_property
    def fast_storage(self) -> "Storage":
        """Return the same account for callers who wait for an answer."""
        return self._storage(fail_fast=True)

    @cached_property
    def metrics(self) -> "Metrics":
        """Return the platform metrics."""
        from shared.cloud.monitor.metrics import RegionalMetrics

        return RegionalMetrics(self.credential, self.settings.metrics_endpoint)

    @cached_property
    def context(self) -> "ContextSources":
        """Return where context is asked; it is asked nothing here, and its management SDK is imported on first use."""
        from shared.cloud.arm.sources import arm_sources

        return arm_sources(self.credential, self.settings.arm_endpoint)

    @cached_property
    def discovered(self) -> "KeptDiscoveries":
        """Return what was discovered, as this process knows it."""
        from shared.app.stores import discoveries
        from shared.context.discoveries import KeptDiscoveries

        return KeptDiscoveries(discoveries(lambda: self.fast_storage), self.clock)

    @cached_property
    def absent(self) -> "AbsentTables":
        """Return what is remembered of tables that a workspace never received."""
        from shared.signals.absent import AbsentTables

        return AbsentTables()

    @cached_property
    def key_ring(self) -> "KeyRing":
        """Return the keys that sign links."""
        from shared.app.stores import keys
        from shared.notices.answers.keyring import KeyRing

        return KeyRing(keys(self.fast_storage), self.clock)

    @cached_property
    def tokens(self) -> "TokenWorkplace":
        """Return what tokens are given with."""
        from shared.app.tokens.negotiating import TokenWorkplace

        return TokenWorkplace(self)

    @cached_property
    def acs(self) -> "AcsWorkplace":
        """Return what tokens of Communication Services are given with."""
        from shared.app.tokens.communicating import AcsWorkplace

        return AcsWorkplace(self)

    @cached_property
    def alert_gate(self) -> "EntraGate | None":
        """Return what admits alerts by their token; None where the key of the function is permission enough."""
        settings = self.settings
        if not settings.alert_audience:
            return None
        from shared.cloud.entra.gate import EntraGate

        return EntraGate(settings.entra_endpoint, settings.alert_tenant, settings.alert_audience.split())

    @cached_property
    def recent_alerts(self) -> "Recent":
        """Return what this process accepted, or refused and told, lately."""
        from shared.alerts.receive import Recent

        return Recent()

    @cached_property
    def slow_receivers(self) -> "SlowReceivers":
        """Return which receivers this process leaves to the queue of notices for a while."""
        from shared.notices.delivery.at_once import SlowReceivers

        return SlowReceivers()

    @cached_property
    def event_tokens(self) -> "EventTokens":
        """Return what admits events by their token."""
        from shared.cloud.entra.event_tokens import EventTokens

        return EventTokens(self.settings.entra_endpoint)

    @cached_property
    def event_rows(self) -> "NotedRows":
        """Return the events that came; they are left alone for a while where storage does not answer.

        Those that are bad are judged at once.
        """
        from shared.app.stores import events
        from shared.events.repeats import NotedRows, PausedRows

        rows = PausedRows(lambda: events(self.fast_storage), self.clock)
        return NotedRows(rows, lambda row: self.pushed_asks.note(row.resource, is_bad=row.is_bad))

    @cached_property
    def pushed_asks(self) -> "DampedAsks":
        """Return what asks that events and tries are judged at once."""
        from shared.app.stores import pushed_asks
        from shared.events.pushed import DampedAsks

        return DampedAsks(pushed_asks(lambda: self.fast_storage), self.clock)

    @cached_property
    def event_handlers(self) -> "Handlers":
        """Return the handlers of the events that clients send."""
        from shared.app.pubsub_events import handlers_of

        return handlers_of(self.settings.event_handlers)

    @cached_property
    def event_rules(self) -> "KeptFile[Version, EventRules]":
        """Return whose events are accepted, which is read anew when the file has changed."""
        from shared.configuration.events import FILE, usable_events
        from shared.configuration.files.kept import KeptFile

        return KeptFile(
            partial(self.files.version, FILE, waits=False), lambda version: usable_events(version.folder)[0]
        )

    @cached_property
    def prober(self) -> "Prober":
        """Return what asks dependencies whether they answer."""
        from shared.health.readiness import Prober

        return Prober()

    @cached_property
    def readiness(self) -> "KeptReport[Report]":
        """Return the report that everybody gets who asks whether we are ready."""
        from shared.app import readiness, stores
        from shared.health.kept_report import KeptReport, SharedReport

        reports = stores.reports(lambda: self.fast_storage)
        shared = SharedReport(reports, lambda: readiness.report(self), self.clock)
        return KeptReport(shared.current, self.clock)

    @cached_property
    def board(self) -> "KeptReport[HtmlPage]":
        """Return the board that everybody gets who may look at it."""
        from shared.app.pages import boarding
        from shared.health.kept_report import KeptReport

        return KeptReport(lambda: boarding.make_board(self), self.clock)

    def _storage(self, *, fail_fast: bool) -> "Storage":
        from shared.cloud.storage.account import Storage

        credential = None if self.settings.storage_connection else self.credential
        return Storage.from_settings(self.settings, credential, fail_fast=fail_fast)

    @cached_property
    def _logs(self) -> "Callable[..., Logs]":
        from shared.cloud.monitor.logs import WorkspaceLogs

        @cache
        def client(main: str, *additional: str) -> "Logs":
            return WorkspaceLogs(main, self.credential, self.settings.logs_endpoint, additional)

        return client


class Hosting:
    """Keeps the runtime of a process, for functions that are called without one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._settings = KeptSettings()
        self._runtime: Runtime | None = None
        self._lock = threading.Lock()

    def runtime(self) -> Runtime:
        """Return the runtime, made from the environment on first use and again when the settings changed."""
        settings, runtime = self._settings.value(), self._runtime
        if runtime is not None and runtime.settings is settings:  # almost always; without the lock
            return runtime
        with self._lock:
            if self._runtime is None or self._runtime.settings != settings:
                self._runtime = Runtime(settings, self._clock)
            return self._runtime


_hostings = [Hosting(SystemClock())]  # the last one counts


def current() -> Runtime:
    """Return the runtime of this process."""
    return _hostings[-1].runtime()


@contextmanager
def hosted(clock: Clock) -> Iterator[None]:
    """Let the functions of this process work with a runtime of their own, which tells the time by this clock."""
    _hostings.append(Hosting(clock))
    try:
        yield
    finally:
        _hostings.pop()
