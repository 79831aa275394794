"""Take in the alerts of Azure Monitor: keep them, and open or join the incidents that they mean."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import delivered_at_once, drill_notifier, notifier
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from shared.alerts.intake import Intake
    from shared.alerts.receive import AlertAnswer
    from shared.configuration.snapshot import Configuration
    from shared.health.readiness import Probe
    from shared.notices.delivery.at_once import JustAsked


def receive_alert_once(body: bytes, authorization: str, runtime: Runtime | None = None) -> "AlertAnswer":
    """Answer for an alert; whatever is wrong on our side is an answer too, and no error."""
    from shared.alerts.receive import receive

    runtime = runtime or current()
    inbox = stores.inbox(lambda: runtime.fast_storage)
    return receive(
        body,
        authorization,
        inbox,
        runtime.alert_gate,
        runtime.clock.now(),
        recent=runtime.recent_alerts,
        hears_drills=lambda: bool(runtime.configuration().receivers.drills),
    )


def handle_alert_once(message: str, runtime: Runtime | None = None) -> None:
    """Take in the alert that a message of the queue holds, or tell people of what was refused."""
    from shared.alerts.handle import handle
    from shared.alerts.message import read_message

    runtime = runtime or current()
    inbox, configuration = stores.inbox(lambda: runtime.storage), runtime.configuration()
    with delivered_at_once(runtime, configuration) as asked:
        handle(intake(runtime, configuration, asked), inbox, read_message(message), runtime.clock.now())


def intake(runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None) -> "Intake":
    """Return what alerts are taken in with."""
    from shared.alerts.intake import Intake
    from shared.alerts.meaning import AlertContext

    services = {name: playbook.service for name, playbook in runtime.playbooks().items()}
    return Intake(
        casework=bundles.casework(runtime, configuration, asked),
        severity=configuration.severity,
        users=runtime.users,
        context=AlertContext(configuration.resources, services, configuration.alerts),
        announcer=notifier(runtime, configuration, asked),
        drills=drill_notifier(runtime, configuration, asked),
    )


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that alerts are taken in."""
    from shared.health.readiness import Probe

    return [
        Probe("settings: ALERT_TENANT", runtime.settings.check_alert_tenant),
        Probe("settings: ENTRA_ENDPOINT", runtime.settings.check_entra_endpoint),
        Probe("configuration: alerts", partial(runtime.configuration(waits=False).require, "alerts")),
    ]
