"""Reconcile our alerts with Azure's: find those that were not delivered, and set the state of those that incidents began with."""

import logging
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.alerts.alerting import intake
from shared.app.notifying import notifier
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.alerts.alert import Alert
    from shared.alerts.azure_states import StateDesk
    from shared.alerts.missed import Search
    from shared.configuration.snapshot import Configuration
    from shared.health.readiness import Probe
    from shared.incidents.incident import Incident

_log = logging.getLogger(__name__)


def find_missed_once(runtime: Runtime | None = None) -> "Sequence[Alert]":
    """Put the alerts into the inbox that Azure did not deliver; Resource Graph that does not answer is said once."""
    from shared.alerts.missed import find_missed
    from shared.context.ports import Absence, SourceUnavailableError

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    try:
        return find_missed(search(runtime, configuration), now)
    except SourceUnavailableError as error:
        _log.warning("missed alerts were not looked for: %s", error.sentence)
        if error.absence is Absence.FORBIDDEN:
            title = "Linekeeper cannot look for alerts that Azure did not deliver"
            notifier(runtime, configuration).announce("missed alerts: forbidden", title, error.sentence, now)
        return ()


def set_states_once(runtime: Runtime | None = None) -> "Sequence[Incident]":
    """Set the states of alerts in Azure that are due; nothing is asked where SET_ALERT_STATES is not true."""
    from shared.alerts.azure_states import set_states

    runtime = runtime or current()
    if not runtime.settings.set_alert_states:
        return ()
    return set_states(state_desk(runtime, runtime.configuration()), runtime.clock.now())


def search(runtime: Runtime, configuration: "Configuration") -> "Search":
    """Return what missed alerts are looked for with."""
    from shared.alerts.missed import Search

    return Search(
        sources=runtime.context,
        context=intake(runtime, configuration).context,
        inbox=stores.inbox(lambda: runtime.storage),
        watermarks=stores.watermarks(runtime.storage),
    )


def state_desk(runtime: Runtime, configuration: "Configuration") -> "StateDesk":
    """Return what states of alerts are set with."""
    from shared.alerts.azure_states import StateDesk
    from shared.cloud.arm.azure_alerts import ArmAlerts

    arm = runtime.settings.arm_endpoint
    return StateDesk(
        azure=ArmAlerts(runtime.credential, arm, runtime.context.resources),
        casework=bundles.casework(runtime, configuration),
        announcer=notifier(runtime, configuration),
        users=runtime.users,
        titles={name: playbook.title for name, playbook in runtime.playbooks().items()},
        context=intake(runtime, configuration).context,
    )


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that missed alerts are looked for."""
    from shared.health.schedules import schedule_probe

    return [schedule_probe("MISSED_ALERTS_SCHEDULE", runtime.settings.missed_alerts_schedule)]
