"""The only module that joins the rooms to the cloud."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from shared.clock import PROCESS_CLOCK
from shared.errors import LinekeeperError
from shared.incidents.message import key_from_message
from shared.queries.logs import Logs
from shared.redaction import UserIds, redact
from shared.settings import Settings, named_setting
from shared.stores import (
    dead_letters,
    fast_incidents,
    fast_storage,
    incidents,
    key_ring,
    lanes,
    outbox,
    router,
    silences,
    storage,
)

if TYPE_CHECKING:
    from shared.alerts.receive import AlertAnswer
    from shared.cloud.entra.gate import EntraGate
    from shared.configuration.resources import WatchedResource
    from shared.health.readiness import Probe, Report
    from shared.incidents.incident import Incident
    from shared.incidents.ports import Rooms
    from shared.notices.answers.pages import HtmlPage
    from shared.notices.cards.links import Links
    from shared.notices.delivery.ports import Delivery
    from shared.notices.notify import OutboxNotifier
    from shared.queries.metrics import Metrics
    from shared.signals.absent import AbsentTables

_log = logging.getLogger(__name__)

# The SDKs are imported where they are used: a cold start that needs none of them pays for none.


def workspace_logs(settings: Settings) -> Logs:
    """Return the app's workspace, asked with its managed identity."""
    from shared.cloud.entra.credentials import managed_identity
    from shared.cloud.monitor.logs import WorkspaceLogs

    return WorkspaceLogs(
        settings.require_workspace(), managed_identity(settings.client_id), settings.logs_endpoint
    )


def callers_logs(settings: Settings, workspace: str) -> Logs:
    """Return any workspace, asked with the login of the person at the command line."""
    from shared.cloud.entra.credentials import caller_login
    from shared.cloud.monitor.logs import WorkspaceLogs

    return WorkspaceLogs(workspace, caller_login(), settings.logs_endpoint)


def logs_over(settings: Settings, workspaces: Sequence[str]) -> Logs:
    """Return several workspaces as one, asked with the app's managed identity; one client each for the process."""
    return _logs_over(settings, tuple(workspaces))


@cache
def _logs_over(settings: Settings, workspaces: tuple[str, ...]) -> Logs:
    from shared.cloud.entra.credentials import managed_identity
    from shared.cloud.monitor.logs import WorkspaceLogs

    main, *additional = workspaces
    return WorkspaceLogs(main, managed_identity(settings.client_id), settings.logs_endpoint, additional)


@cache
def metrics(settings: Settings) -> "Metrics":
    """Return the platform metrics, asked with the app's managed identity."""
    from shared.cloud.entra.credentials import managed_identity
    from shared.cloud.monitor.metrics import RegionalMetrics

    return RegionalMetrics(managed_identity(settings.client_id), settings.metrics_endpoint)


def rooms(settings: Settings) -> "Rooms":
    """Return what the watch works with; configuration is read anew, clients are kept.

    What of the configuration cannot be used is left out; readiness names it.
    """
    from shared.cloud.storage.alerts.alerts import TableAlerts
    from shared.cloud.storage.documents import BlobDocuments
    from shared.cloud.storage.incidents.work import QueueWork
    from shared.cloud.storage.signals.counts import TableCounts
    from shared.cloud.storage.signals.regions import TableRegions
    from shared.cloud.storage.watermarks import TableWatermarks
    from shared.configuration.objectives import usable_objectives
    from shared.configuration.resources import usable_resources
    from shared.configuration.severity import usable_severity
    from shared.incidents.ports import Rooms
    from shared.playbooks.loading.load import load_library

    kept = storage(settings)
    return Rooms(
        resources=usable_resources(settings.config_folder, settings.logs_workspace)[0],
        logs_over=lambda workspaces: logs_over(settings, workspaces),
        metrics=metrics(settings),
        watermarks=TableWatermarks(kept.table("looks")),
        regions=TableRegions(kept.table("regions")),
        counts=TableCounts(kept.table("counts")),
        objectives=usable_objectives(settings.config_folder)[0],
        severity=usable_severity(settings.config_folder)[0],
        playbooks=load_library(),
        incidents=incidents(settings),
        documents=BlobDocuments(kept.container("documents")),
        alerts=TableAlerts(kept.table("alerts")),
        work=QueueWork(kept.queue("work")),
        notifier=notifier(settings),
        users=UserIds(settings.user_id_salt, settings.show_user_ids),
        absent=_absent(settings),
        steps=router(settings).steps,
    )


@cache
def _absent(settings: Settings) -> "AbsentTables":  # noqa: ARG001  # one memory for each
    from shared.signals.absent import AbsentTables

    return AbsentTables()


def notifier(settings: Settings) -> "OutboxNotifier":
    """Return what tells people, through the outbox."""
    from shared.cloud.storage.documents import BlobDocuments
    from shared.configuration.receivers import usable_receivers
    from shared.configuration.severity import usable_severity
    from shared.notices.notify import OutboxNotifier
    from shared.playbooks.loading.load import load_library

    at_work = cache(lambda: router(settings))  # read where something is told, and not for each delivery
    return OutboxNotifier(
        outbox(settings),
        BlobDocuments(storage(settings).container("documents")),
        load_library(),
        PROCESS_CLOCK,
        links=_links(settings),
        users=UserIds(settings.user_id_salt, settings.show_user_ids),
        route=lambda incident, told: at_work().rule(incident, told),
        announced_to=usable_receivers(settings.config_folder)[0].announcements,
        severity=usable_severity(settings.config_folder)[0],
    )


def _links(settings: Settings) -> "Callable[[Incident], Links]":
    from shared.notices.answers.signed_links import SignedLinks
    from shared.notices.cards.links import Links

    address, others = settings.links_address, Links(playbooks=settings.playbooks_address)
    return SignedLinks(address, key_ring(settings), PROCESS_CLOCK, others) if address else lambda _: others


def respond_once(method: str, token: str, body: bytes, headers: Mapping[str, str]) -> "HtmlPage":
    """Answer whoever comes by a link on a card."""
    from shared.cloud.storage.unavailable import storage_answers
    from shared.notices.answers.pages import busy
    from shared.notices.answers.request import LinkRequest
    from shared.notices.answers.respond import Responder

    try:
        settings = Settings.from_environment()
        with storage_answers():
            reception = Responder(
                ring=key_ring(settings),
                rooms=lambda: replace(rooms(settings), incidents=fast_incidents(settings)),
                silences=lambda: silences(settings),
                clock=PROCESS_CLOCK,
                address=settings.links_address,
                is_authenticated=settings.website_auth_enabled,
            )
            return reception.receive(LinkRequest(method, token, body, headers))
    except LinekeeperError as error:
        _log.warning("A link on a card could not be answered: %s", redact(error.message))
        return busy()


def watch_once() -> None:
    """Look at every watched resource once, say what cannot be seen, and log the heartbeat of a completed watch."""
    from shared.cloud.storage.health.sources import TableSources
    from shared.health.heartbeat import log_heartbeat
    from shared.health.source_watch import watch_sources
    from shared.incidents.watch import watch

    settings, now = Settings.from_environment(), PROCESS_CLOCK.now()
    watched = watch(rooms(settings), now)
    sources = TableSources(storage(settings).table("sources"))
    states = watch_sources(watched, sources, notifier(settings), now)
    log_heartbeat(watched, list(states.values()), now)


def track_once() -> None:
    """Follow every incident once, and write the cards that several of them share."""
    from shared.incidents.track import track
    from shared.notices.cards.group_card import Words
    from shared.notices.gather import Gatherer

    settings, now = Settings.from_environment(), PROCESS_CLOCK.now()
    followed = rooms(settings)
    track(followed, now)
    words = Words(followed.playbooks, followed.users)
    Gatherer(router(settings), followed.incidents, outbox(settings), words).gather(now)


def deliver_once(message: str) -> None:
    """Deliver once from the stream that a message of the queue names; what is not taken is put off."""
    from shared.notices.delivery.deliver import deliver

    deliver(key_from_message(message, "notices", "stream"), delivery(Settings.from_environment()))


def delivery(settings: Settings) -> "Delivery":
    """Return what a delivery works with; configuration is read anew."""
    from secrets import token_hex

    from shared.cloud.storage.health.deadletters import NoticeLetters, TableDeadLetters
    from shared.cloud.storage.notices.rates import TableRates
    from shared.cloud.teams import TeamsWebhooks
    from shared.configuration.receivers import usable_receivers
    from shared.notices.delivery.ports import Delivery

    kept = storage(settings)
    return Delivery(
        outbox=outbox(settings),
        lanes=lanes(settings),
        rates=TableRates(kept.table("receivers")),
        dead=NoticeLetters(TableDeadLetters(kept.table("deadletters"))),
        post=TeamsWebhooks(named_setting),
        clock=PROCESS_CLOCK,
        receiver=usable_receivers(settings.config_folder)[0].receiver,
        incident=incidents(settings).get,
        draw=notifier(settings).drawn,
        claim=lambda: token_hex(8),
    )


def ask_for_notices_once() -> None:
    """Ask for the delivery of every stream of notices that is due."""
    from shared.notices.delivery.due import ask_for_what_is_due

    settings = Settings.from_environment()
    ask_for_what_is_due(lanes(settings), outbox(settings), PROCESS_CLOCK.now())


def collect_once(queue: str, message: str, attempts: int) -> None:
    """Turn a message that was given up into a dead letter."""
    from shared.health.deadletters import collect

    collect(queue, message, attempts, PROCESS_CLOCK.now(), dead_letters())


def readiness_report() -> "Report":
    """Ask everything that the app depends on."""
    from shared.health.readiness import readiness

    return readiness(_probes(Settings.from_environment()))


def _probes(settings: Settings) -> "list[Probe]":
    from shared.cloud.storage.check import check_storage
    from shared.configuration.alerts import load_alert_rules
    from shared.configuration.objectives import load_objectives
    from shared.configuration.receivers import load_receivers, usable_receivers
    from shared.configuration.resources import load_resources, usable_resources
    from shared.configuration.severity import load_severity
    from shared.configuration.silences import load_silences
    from shared.health.readiness import Probe
    from shared.health.schedules import check_schedule

    folder, workspace = settings.config_folder, settings.logs_workspace
    resources, _ = usable_resources(folder, workspace)
    receivers = usable_receivers(folder)[0].receivers
    asked = dict.fromkeys(name for resource in resources for name in resource.workspaces)
    schedules = {
        "WATCH_SCHEDULE": settings.watch_schedule,
        "TRACK_SCHEDULE": settings.track_schedule,
        "NOTICE_SCHEDULE": settings.notice_schedule,
    }
    return [
        *(Probe(f"settings: {one}", partial(check_schedule, one, text)) for one, text in schedules.items()),
        *(Probe(f"settings: {one.setting}", partial(_require, one.setting)) for one in receivers),
        Probe("settings: PUBLIC_URL", settings.check_public_url),
        Probe("settings: PLAYBOOKS_URL", settings.check_playbooks_url),
        Probe("settings: ALERT_TENANT", settings.check_alert_tenant),
        Probe("configuration: resources", lambda: load_resources(folder, workspace)),
        Probe("configuration: objectives", lambda: load_objectives(folder)),
        Probe("configuration: severity", lambda: load_severity(folder)),
        Probe("configuration: receivers", lambda: load_receivers(folder)),
        Probe("configuration: silences", lambda: load_silences(folder)),
        Probe("configuration: alerts", lambda: load_alert_rules(folder)),
        Probe("storage", lambda: check_storage(storage(settings))),
        *(Probe(f"workspace {name}", partial(_ask_workspace, settings, name)) for name in asked),
        *_metric_probes(settings, resources),
    ]


def _metric_probes(settings: Settings, resources: "Sequence[WatchedResource]") -> "list[Probe]":
    from shared.health.metric_probes import metric_probes

    # Not the learnt regions: they stand in storage, whose failure must not end the report.
    return metric_probes(resources, metrics(settings), PROCESS_CLOCK.now())


def _require(setting: str) -> None:
    if named_setting(setting) is None:
        raise LinekeeperError(f"the setting {setting} is missing; expected a Workflows webhook")


def _ask_workspace(settings: Settings, workspace: str) -> None:
    logs_over(settings, [workspace]).query("print Answer = 1", timedelta(seconds=10))


def receive_alert_once(body: bytes, authorization: str) -> "AlertAnswer":
    """Answer for an alert; whatever is wrong on our side is an answer too, and no error."""
    from shared.alerts.receive import receive
    from shared.cloud.storage.alerts.alerts import StoredInbox

    settings = Settings.from_environment()
    gate = _alert_gate(settings) if settings.alert_audience else None
    inbox = StoredInbox(lambda: fast_storage(settings))
    return receive(body, authorization, inbox, gate, PROCESS_CLOCK.now())


@cache
def _alert_gate(settings: Settings) -> "EntraGate":
    from shared.cloud.entra.gate import EntraGate

    audiences = (settings.alert_audience or "").split()
    return EntraGate(settings.entra_endpoint, settings.alert_tenant, audiences)


def handle_alert_once(message: str) -> None:
    """Take in the alert that a message of the queue names."""
    from shared.alerts.handle import handle
    from shared.alerts.intake import Intake
    from shared.alerts.meaning import AlertContext
    from shared.cloud.storage.alerts.alerts import StoredInbox
    from shared.configuration.alerts import usable_alert_rules

    settings = Settings.from_environment()
    house = rooms(settings)
    services = {name: playbook.service for name, playbook in house.playbooks.items()}
    known = AlertContext(house.resources, services, usable_alert_rules(settings.config_folder)[0])
    inbox = StoredInbox(lambda: storage(settings))
    key = key_from_message(message, "alerts", "alert")
    handle(Intake(house, known, notifier(settings)), inbox, key, PROCESS_CLOCK.now())


def diagnose_once(message: str) -> None:
    """Diagnose the incident that a message of the queue names."""
    from shared.incidents.diagnose import diagnose_incident

    diagnose_incident(
        rooms(Settings.from_environment()), key_from_message(message, "work", "incident"), PROCESS_CLOCK.now()
    )
