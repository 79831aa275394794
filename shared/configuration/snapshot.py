"""The team's files as they are during one call of a function."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from shared.configuration.alerts import NamedRule, usable_alert_rules
from shared.configuration.dependencies import DeclaredLine, usable_dependencies
from shared.configuration.events import EventRules, usable_events
from shared.configuration.files.usable import flawless
from shared.configuration.objectives import ObjectiveSettings, usable_objectives
from shared.configuration.receivers import Routing, usable_receivers
from shared.configuration.resources import (
    Found,
    Selection,
    WatchedResource,
    usable_resources,
    usable_selections,
)
from shared.configuration.severity import SeverityRules, usable_severity
from shared.configuration.silences import Silence, usable_silences
from shared.configuration.tokens import TokenRules, usable_token_rules
from shared.errors import InputError

_Part = TypeVar("_Part")


class Configuration:
    """Reads each file at most once, when it is first needed, and leaves out what cannot be used."""

    def __init__(self, folder: Path, default_workspace: str | None, found: Found | None = None) -> None:
        """Take what finds resources that the files select and do not name."""
        self._folder = folder
        self._found = found or (lambda _: ())
        self._workspace = default_workspace
        self._results: dict[str, tuple[object, Sequence[InputError]]] = {}

    @cached_property
    def resources(self) -> tuple[WatchedResource, ...]:
        """Return what is watched."""
        return self._usable("resources", *usable_resources(self._folder, self._workspace, self._found))

    @cached_property
    def selections(self) -> tuple[Selection, ...]:
        """Return what selects further resources."""
        return usable_selections(self._folder)

    @cached_property
    def dependencies(self) -> tuple[DeclaredLine, ...]:
        """Return what each line needs."""
        return self._usable("dependencies", *usable_dependencies(self._folder))

    @cached_property
    def objectives(self) -> Mapping[str, ObjectiveSettings]:
        """Return what is promised for each signal."""
        return self._usable("objectives", *usable_objectives(self._folder))

    @cached_property
    def severity(self) -> SeverityRules:
        """Return how bad an incident is."""
        return self._usable("severity", *usable_severity(self._folder))

    @cached_property
    def receivers(self) -> Routing:
        """Return who is told."""
        return self._usable("receivers", *usable_receivers(self._folder))

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """Return what holds notices back."""
        return self._usable("silences", *usable_silences(self._folder))

    @cached_property
    def alerts(self) -> tuple[NamedRule, ...]:
        """Return which symptom an alert rule stands for."""
        return self._usable("alerts", *usable_alert_rules(self._folder))

    @cached_property
    def tokens(self) -> TokenRules:
        """Return who may have which token."""
        return self._usable("tokens", *usable_token_rules(self._folder))

    @cached_property
    def events(self) -> EventRules:
        """Return whose events are accepted."""
        return self._usable("events", *usable_events(self._folder))

    def require(self, name: str) -> None:
        """Make sure that nothing is wrong with a file, named as its property here.

        Raises:
            InputError: its first problem.
        """
        getattr(self, name)
        flawless(self._results[name])

    def _usable(self, name: str, usable: _Part, problems: Sequence[InputError]) -> _Part:
        self._results[name] = (usable, problems)
        return usable
