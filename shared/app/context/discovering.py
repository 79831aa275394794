"""Discover: find the resources that a tag or a query selects, and what each line depends on."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.configuration.resources import Selection
    from shared.context.discoveries import Discoveries
    from shared.health.readiness import Probe

_NEEDS_AGE = timedelta(hours=6)  # after which it is looked again what a line depends on
_WITHIN = timedelta(seconds=30)


def discover_once(runtime: Runtime | None = None) -> None:
    """Ask for each selection of resources.yaml, then for the dependencies of each watched resource."""
    from shared.context.discoveries import discover
    from shared.isolation import Isolation

    runtime = runtime or current()
    store, now = stores.discoveries(lambda: runtime.storage), runtime.clock.now()
    isolation = Isolation("discover_resources", stores.quarantine(runtime.storage))
    for selection in runtime.configuration().selections:
        with isolation.item(selection.where):
            store.keep_found(selection, discover(runtime.context, selection, store.found(selection), now))
    for resource in runtime.configuration().resources:
        with isolation.item(resource.id):
            _find_needs(runtime, store, resource.id, now)
    isolation.end()


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that selected resources are found."""
    from shared.health.readiness import Probe
    from shared.health.schedules import schedule_probe

    yield schedule_probe("DISCOVER_SCHEDULE", runtime.settings.discover_schedule)
    configuration = runtime.configuration(waits=False)
    yield Probe("configuration: dependencies", partial(configuration.require, "dependencies"))
    for selection in configuration.selections:
        yield Probe(f"discovery of {selection.where}", partial(_check_found, runtime, selection))


def _find_needs(runtime: Runtime, store: "Discoveries", resource: str, now: "datetime") -> None:
    """Find what a line depends on, where that is not known or old; nothing is lost where nobody answers."""
    from shared.context.configuration import live_configuration
    from shared.context.discoveries import KnownNeeds
    from shared.context.live import Gap
    from shared.context.needs import needs_of
    from shared.context.ports import SourceUnavailableError

    known = store.needs(resource)
    if known is not None and now - known.at < _NEEDS_AGE:
        return
    live = live_configuration(runtime.context, resource, now)
    if any(isinstance(part, Gap) for part in (live.body, live.hubs, live.private_endpoints)):
        return  # what cannot be read now is what it was
    try:
        members = needs_of(live, runtime.context.graph, _WITHIN)
    except SourceUnavailableError:
        return
    store.keep_needs(resource, KnownNeeds(members, now))


def _check_found(runtime: Runtime, selection: "Selection") -> None:
    """Make sure that a selection was answered when it was last asked.

    Raises:
        LinekeeperError: it was not; which list counts instead.
    """
    from shared.incidents.wording import moment

    found = stores.discoveries(lambda: runtime.fast_storage).found(selection)
    if found is None:
        raise LinekeeperError("Resource Graph was not asked yet", permanent=False)
    if found.failing_since is not None:
        since, good = moment(found.failing_since), moment(found.at) if found.at else ""
        instead = (
            f"the {len(found.lines)} resources found at {good} are watched"
            if good
            else "nothing is watched by it"
        )
        raise LinekeeperError(f"no answer since {since}: {found.failure}; {instead}", permanent=False)
