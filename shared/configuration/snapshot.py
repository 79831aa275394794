"""The team's files as they are during one call of a function."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from shared.clock import SystemClock
from shared.configuration import (
    alerts,
    dependencies,
    events,
    objectives,
    receivers,
    resources,
    severity,
    silences,
    tokens,
)
from shared.configuration.alerts import NamedRule, usable_alert_rules
from shared.configuration.dependencies import DeclaredLine, usable_dependencies
from shared.configuration.events import EventRules, usable_events
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import flawless
from shared.configuration.objectives import ObjectiveSettings, usable_objectives
from shared.configuration.receivers import Routing, usable_receivers
from shared.configuration.resources import (
    Found,
    Selection,
    WatchedResource,
    nothing_watched,
    usable_resources,
    usable_selections,
)
from shared.configuration.severity import SeverityRules, usable_severity
from shared.configuration.silences import Silence, usable_silences
from shared.configuration.tokens import TokenRules, usable_token_rules
from shared.configuration.versions.good import GoodFiles, Version
from shared.configuration.versions.judge import FILES, problems_of
from shared.errors import InputError

_Part = TypeVar("_Part")


class Configuration:
    """Reads each file at most once, when it is first needed, and leaves out what cannot be used.

    What it reads is the version that counts. Every property raises `LinekeeperError` where nobody knows which that is.
    """

    def __init__(
        self,
        files: GoodFiles,
        default_workspace: str | None,
        found: Found | None = None,
        *,
        waits: bool = True,
    ) -> None:
        """Take what finds resources that the files select and do not name, and whether the call may wait for storage."""
        self._files = files
        self._found = found or (lambda _: ())
        self._workspace = default_workspace
        self._waits = waits
        self._versions: dict[str, Version] = {}
        self._results: dict[str, tuple[object, Sequence[InputError]]] = {}

    @classmethod
    def of_folder(
        cls, folder: Folder, default_workspace: str | None, found: Found | None = None
    ) -> "Configuration":
        """Return the files of a folder as they are, whatever was good before."""

        def judge(file: str, judged: Folder) -> Sequence[InputError]:
            return problems_of(file, judged, default_workspace)

        files = GoodFiles(folder, judge, SystemClock(), edited=None, kept=None)
        return cls(files, default_workspace, found)

    @cached_property
    def resources(self) -> tuple[WatchedResource, ...]:
        """Return what is watched."""
        return self._usable("resources", resources.FILE, self._watched)

    @cached_property
    def selections(self) -> tuple[Selection, ...]:
        """Return what selects further resources."""
        return usable_selections(self.version(resources.FILE).folder)

    @cached_property
    def dependencies(self) -> tuple[DeclaredLine, ...]:
        """Return what each line needs."""
        return self._usable("dependencies", dependencies.FILE, usable_dependencies)

    @cached_property
    def objectives(self) -> Mapping[str, ObjectiveSettings]:
        """Return what is promised for each signal."""
        return self._usable("objectives", objectives.FILE, usable_objectives)

    @cached_property
    def severity(self) -> SeverityRules:
        """Return how bad an incident is."""
        return self._usable("severity", severity.FILE, usable_severity)

    @cached_property
    def receivers(self) -> Routing:
        """Return who is told."""
        return self._usable("receivers", receivers.FILE, usable_receivers)

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """Return what holds notices back."""
        return self._usable("silences", silences.FILE, usable_silences)

    @cached_property
    def alerts(self) -> tuple[NamedRule, ...]:
        """Return which symptom an alert rule stands for."""
        return self._usable("alerts", alerts.FILE, usable_alert_rules)

    @cached_property
    def tokens(self) -> TokenRules:
        """Return who may have which token."""
        return self._usable("tokens", tokens.FILE, usable_token_rules)

    @cached_property
    def events(self) -> EventRules:
        """Return whose events are accepted."""
        return self._usable("events", events.FILE, usable_events)

    def version(self, file: str) -> Version:
        """Return the version of a file that counts during this call."""
        if file not in self._versions:
            self._versions[file] = self._files.version(file, waits=self._waits)
        return self._versions[file]

    def keep(self) -> Sequence[Version]:
        """Keep the last good version of each file, and return the versions that count."""
        versions = [self.version(file) for file in FILES]
        self._files.keep(versions)
        return versions

    def require(self, name: str) -> None:
        """Make sure that nothing is wrong with a file, named as its property here.

        Raises:
            InputError: its first problem.
        """
        getattr(self, name)
        self.version(f"{name}.yaml").require()
        flawless(self._results[name])
        if name == "resources" and not self.resources:
            raise nothing_watched()

    def _usable(
        self, name: str, file: str, read: Callable[[Folder], tuple[_Part, Sequence[InputError]]]
    ) -> _Part:
        usable, problems = read(self.version(file).folder)
        self._results[name] = (usable, problems)
        return usable

    def _watched(self, folder: Folder) -> tuple[tuple[WatchedResource, ...], Sequence[InputError]]:
        return usable_resources(folder, self._workspace, self._found)
