"""What was discovered: the last good answer counts until there is a newer one."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from shared.clock import Clock
from shared.configuration.resources import FoundLine, Selection
from shared.context.dependencies import Dependency
from shared.context.discovery import resources_selected, resources_tagged, workspace_of
from shared.context.live import Gap
from shared.context.ports import ContextSources, SourceUnavailableError
from shared.errors import LinekeeperError

MOST_LINES = 100  # of one selection: what is selected by mistake must not spend the quota of the watch
_WITHIN = timedelta(seconds=30)
_KEPT = timedelta(minutes=1)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a selection found: the last good list, and since when there is no newer one."""

    lines: tuple[FoundLine, ...] = ()
    at: datetime | None = None  # of the last good answer
    failing_since: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class KnownNeeds:
    """What a line was found to depend on."""

    members: tuple[Dependency, ...]
    at: datetime


class Discoveries(Protocol):
    """The stored discoveries.

    Every call raises `LinekeeperError` where storage does not answer.
    """

    def found(self, selection: Selection) -> Discovery | None:
        """Return what a selection found, None where it was never asked."""
        ...

    def keep_found(self, selection: Selection, discovery: Discovery) -> None:
        """Store it in place of the former."""
        ...

    def needs(self, resource: str) -> KnownNeeds | None:
        """Return what a line was found to depend on."""
        ...

    def keep_needs(self, resource: str, needs: KnownNeeds) -> None:
        """Store it in place of the former."""
        ...


def discover(
    sources: ContextSources, selection: Selection, before: Discovery | None, now: datetime
) -> Discovery:
    """Ask once; where nobody answers, the last good list stays."""
    former = before or Discovery()
    try:
        if selection.tag:
            found = resources_tagged(sources.graph, selection.tag, _WITHIN)
        else:
            found = resources_selected(sources.graph, selection.query, _WITHIN)
    except SourceUnavailableError as error:
        return replace(former, failing_since=former.failing_since or now, failure=error.sentence)
    if len(found) > MOST_LINES:
        failure = f"it selects {len(found)} resources, and at most {MOST_LINES} are watched"
        return replace(former, failing_since=former.failing_since or now, failure=failure)
    known = {line.id: line.workspace for line in former.lines}
    lines = []
    for resource in {each.id: each for each in found}.values():
        workspace = workspace_of(sources.resources, resource.id, _WITHIN)
        # What cannot be read now is what it was.
        guid = known.get(resource.id, "") if isinstance(workspace, Gap) else workspace or ""
        lines.append(FoundLine(resource.id, resource.region, guid))
    return Discovery(tuple(lines), now)


class KeptDiscoveries:
    """The stored discoveries as one process knows them; where storage does not answer, as it last did."""

    def __init__(self, store: Discoveries, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[datetime, object]] = {}
        self._lock = threading.Lock()

    def lines(self, selection: Selection) -> Sequence[FoundLine]:
        """Return the last good list of a selection."""
        discovery = self._value(f"found {selection.key}", lambda: self._store.found(selection))
        return discovery.lines if discovery else ()

    def needed_by_line(self, resource: str) -> Sequence[Dependency]:
        """Return what a line was found to depend on."""
        needs = self._value(f"needs {resource}", lambda: self._store.needs(resource))
        return needs.members if needs else ()

    def _value(self, key: str, read: Callable[[], _Value | None]) -> _Value | None:
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and abs(now - kept[0]) < _KEPT:
            return kept[1]  # type: ignore[return-value]
        try:
            value = read()
        except LinekeeperError:
            return kept[1] if kept else None  # type: ignore[return-value]
        with self._lock:
            self._kept[key] = (now, value)
        return value
