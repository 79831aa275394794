"""Watch Service Health: keep what Microsoft declared, join it to open incidents, and announce planned maintenance."""

from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import notifier, silence_link
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from shared.health.readiness import Probe


def watch_service_health_once(runtime: Runtime | None = None) -> None:
    """Read once what Microsoft declared; what cannot be read is said, and holds nothing else up."""
    from shared.health.declared_watch import watch_declared
    from shared.health.maintenance import announce_maintenance
    from shared.health.source_watch import watch_service_health_source
    from shared.incidents.declared import join_declared

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    uses, events = bundles.line_uses(runtime, configuration), stores.declared_events(runtime.storage)
    failure = watch_declared(runtime.context.graph, uses, events, now)
    troubles = stores.quarantine(runtime.storage)
    join_declared(bundles.casework(runtime, configuration), now)
    announcer, declarations = notifier(runtime, configuration), bundles.declarations(runtime, configuration)
    announce_maintenance(declarations, announcer, silence_link(runtime), now, troubles)
    watch_service_health_source(failure, stores.sources(runtime.storage), announcer, now)


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that Service Health is watched."""
    from shared.health.schedules import schedule_probe

    return [schedule_probe("SERVICE_HEALTH_SCHEDULE", runtime.settings.service_health_schedule)]
