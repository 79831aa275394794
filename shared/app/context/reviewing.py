"""Review: judge the configuration of every watched resource once a day, and tell what is new."""

import logging
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import notifier
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shared.configuration.resources import WatchedResource
    from shared.health.readiness import Probe

_log = logging.getLogger(__name__)


def review_once(runtime: Runtime | None = None) -> None:
    """Review each watched resource, and announce the faults that are new."""
    from shared.health.configuration_watch import announce_new_faults

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    announcer, known = notifier(runtime, configuration), stores.faults(runtime.storage)
    reviewer = bundles.reviewer(runtime, configuration)

    def review(resource: "WatchedResource") -> None:
        announce_new_faults(reviewer(resource.id, resource.environment), known, announcer, now)

    review_each(configuration.resources, review)


def review_each(resources: "Iterable[WatchedResource]", review: "Callable[[WatchedResource], None]") -> None:
    """Review resource by resource: what goes wrong with one is tried again by the next run, and ends no other."""
    from shared.cloud.storage.unavailable import storage_answers
    from shared.errors import LinekeeperError

    for resource in resources:
        try:
            with storage_answers():
                review(resource)
        except LinekeeperError as error:
            _log.error("%s was not reviewed: %s", resource.id, error.message)


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that configurations are reviewed."""
    from shared.health.schedules import schedule_probe

    yield schedule_probe("REVIEW_SCHEDULE", runtime.settings.review_schedule)
