"""Retain: keep what is stored for as long as its setting says, and delete what is older."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.health.readiness import Probe


def delete_old_once(runtime: Runtime | None = None) -> bool:
    """Delete some of what is older than it is kept, at most once an hour; `track_incidents` calls it each minute."""
    from shared.health.retention import delete_old

    runtime = runtime or current()
    storage = runtime.storage
    old, troubles = stores.old_things(storage), stores.quarantine(storage)
    return delete_old(old, days_wanted(runtime), stores.watermarks(storage), troubles, runtime.clock.now())


def days_wanted(runtime: Runtime) -> "Mapping[str, str]":
    """Return what the settings say, by kind."""
    settings = runtime.settings
    return {
        "alerts": settings.keep_alerts_days,
        "notices": settings.keep_notices_days,
        "decisions": settings.keep_decisions_days,
        "diagnoses": settings.keep_diagnoses_days,
        "reports": settings.keep_reports_days,
        "dead letters": settings.keep_dead_letters_days,
        "quarantine": settings.keep_quarantine_days,
        "incidents": settings.keep_incidents_days,
    }


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that things are kept for as long as the team wants."""
    from shared.health.readiness import Probe
    from shared.health.retention import KINDS, days_kept

    said = days_wanted(runtime)
    return [
        Probe(f"settings: {kind.setting}", partial(days_kept, kind, said[kind.name]))
        for kind in KINDS
        if said[kind.name]
    ]
