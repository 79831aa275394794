"""Review: judge the configuration of every watched resource once a day, and tell what is new."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import notifier
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.health.readiness import Probe


def review_once(runtime: Runtime | None = None) -> None:
    """Review each watched resource, and announce the faults that are new."""
    from shared.health.configuration_watch import announce_new_faults

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    announcer, known = notifier(runtime, configuration), stores.faults(runtime.storage)
    reviewer = bundles.reviewer(runtime, configuration)
    for resource in configuration.resources:
        announce_new_faults(reviewer(resource.id, resource.environment), known, announcer, now)


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that configurations are reviewed."""
    from shared.health.readiness import Probe
    from shared.health.schedules import check_schedule

    setting, schedule = "REVIEW_SCHEDULE", runtime.settings.review_schedule
    yield Probe(f"settings: {setting}", partial(check_schedule, setting, schedule))
