"""Diagnose: run the playbooks of an incident on what has arrived."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles
from shared.app.notifying import delivered_at_once
from shared.app.runtime import Runtime, current
from shared.incidents.message import key_from_message

if TYPE_CHECKING:
    from shared.health.readiness import Probe


def diagnose_once(message: str, runtime: Runtime | None = None) -> None:
    """Diagnose the incident that a message of the queue names."""
    from shared.incidents.diagnose import diagnose_incident

    runtime = runtime or current()
    configuration, incident = runtime.configuration(), key_from_message(message, "work", "incident")
    with delivered_at_once(runtime, configuration) as asked:
        diagnose_incident(
            bundles.signal_sources(runtime),
            bundles.policy(runtime, configuration),
            bundles.casework(runtime, configuration, asked),
            incident,
            runtime.clock.now(),
        )


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold beside what the watch asks: every page of a team's own can be used."""
    from shared.health.readiness import Probe
    from shared.playbooks.loading.team_pages import load_playbooks

    return [Probe("playbooks", partial(load_playbooks, runtime.settings.playbooks_folder))]
