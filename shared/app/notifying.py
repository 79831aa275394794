"""Tell people: rule on who hears of what, keep notices, and deliver them."""

import logging
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError
from shared.incidents.message import key_from_message
from shared.settings import named_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.configuration.receivers import Receiver
    from shared.configuration.snapshot import Configuration
    from shared.health.readiness import Probe
    from shared.incidents.incident import Incident
    from shared.notices.cards.links import Links
    from shared.notices.cards.sources import CardSources
    from shared.notices.delivery.at_once import JustAsked
    from shared.notices.delivery.payload import Payloads
    from shared.notices.delivery.ports import Delivery, Parcel
    from shared.notices.delivery.post import PostAnswer
    from shared.notices.notice import Notice
    from shared.notices.notify import OutboxNotifier
    from shared.notices.routing.ruling import Router

_log = logging.getLogger(__name__)


def deliver_once(message: str, runtime: Runtime | None = None) -> None:
    """Deliver once from the stream that a message of the queue names; what is not taken is put off."""
    from shared.notices.delivery.deliver import deliver

    runtime = runtime or current()
    lane = key_from_message(message, "notices", "stream")
    deliver(lane, delivery(runtime, runtime.configuration()))


def send_due_once(runtime: Runtime | None = None) -> None:
    """Ask for the delivery of every stream of notices that is due and has its turn, and twice an hour of forgotten ones."""
    from shared.notices.delivery.due import Turns, ask_for_what_is_due, open_forgotten_lanes

    runtime = runtime or current()
    storage, now = runtime.storage, runtime.clock.now()
    lanes, outbox = stores.lanes(storage), stores.outbox(storage)
    turns = Turns(stores.rates(storage), runtime.configuration().receivers.receiver, now)
    ask_for_what_is_due(lanes, outbox, turns, now, stores.quarantine(storage))
    open_forgotten_lanes(lanes, outbox, now)


@contextmanager
def delivered_at_once(runtime: Runtime, configuration: "Configuration") -> "Iterator[JustAsked]":
    """Deliver at the end of the block what was asked for in it; where the block fails, the queue does it."""
    from shared.notices.delivery.at_once import JustAsked, deliver_at_once

    asked = JustAsked()
    yield asked
    if asked.lanes():
        deliver_at_once(asked, delivery(runtime, configuration), runtime.slow_receivers)


def notifier(
    runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None
) -> "OutboxNotifier":
    """Return what tells people, through the outbox; `asked` is told what is to be delivered at once."""
    from shared.notices.notify import OutboxNotifier

    # Made where something is told, and not for each delivery.
    rulings = cache(partial(router, runtime, configuration))
    return OutboxNotifier(
        stores.outbox(runtime.storage, asked),
        card_sources(runtime, configuration),
        runtime.clock,
        route=lambda incident, notification: rulings().rule(incident, notification),
        announced_to=configuration.receivers.announcements,
    )


def drill_notifier(
    runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None
) -> "OutboxNotifier | None":
    """Return what tells the receivers of drills alone; None where there are none."""
    from shared.notices.notify import OutboxNotifier

    drills = configuration.receivers.drills
    if not drills:
        return None
    return OutboxNotifier(
        stores.outbox(runtime.storage, asked), card_sources(runtime, configuration), runtime.clock,
        route=lambda _incident, _notification: (), announced_to=drills,
    )  # fmt: skip


def card_sources(runtime: Runtime, configuration: "Configuration") -> "CardSources":
    """Return what the cards of incidents are drawn from."""
    from shared.incidents.recent.last_hour import LastHours
    from shared.incidents.report.normal import Normals
    from shared.notices.cards.sources import CardSources

    counts = stores.counts(runtime.storage)
    normals = Normals(counts, stores.incidents(runtime.storage), configuration.objectives)
    return CardSources(
        stores.documents(runtime.storage),
        runtime.playbooks(),
        links=links(runtime),
        users=runtime.users,
        severity=configuration.severity,
        last_hour=LastHours(counts, normals.of, runtime.clock).of,
        local_times=[one.name for one in configuration.receivers.receivers if one.local_times],
    )


def router(runtime: Runtime, configuration: "Configuration") -> "Router":
    """Return what rulings are made from."""
    from shared.notices.routing.ruling import Router

    storage = runtime.storage
    return Router(
        routing=configuration.receivers,
        resources={resource.id: resource for resource in configuration.resources},
        regions=stores.regions(storage).by_resource,
        silences=stores.silences(storage, configuration.silences),
        groups=stores.groups(storage),
        decisions=stores.decisions(storage),
        cards=stores.shared_cards(storage),
        clock=runtime.clock,
    )


def links(runtime: Runtime) -> "Callable[[Incident], Links]":
    """Return what makes the links of a card; without an address of ours none is signed."""
    from shared.notices.answers.signed_links import SignedLinks
    from shared.notices.cards.links import Links

    address, page_links = runtime.settings.links_address, Links(playbooks=runtime.settings.playbooks_address)
    if not address:
        return lambda _: page_links
    return SignedLinks(address, runtime.key_ring, runtime.clock, page_links)


def silence_link(runtime: Runtime) -> "Callable[[str], str | None]":
    """Return what makes the link that silences a planned maintenance; without an address of ours there is none."""
    from shared.notices.answers.signed_links import SignedLinks

    address = runtime.settings.links_address
    return SignedLinks(address, runtime.key_ring, runtime.clock).maintenance if address else lambda _: None


def delivery(runtime: Runtime, configuration: "Configuration") -> "Delivery":
    """Return what a delivery works with."""
    from secrets import token_hex

    from shared.notices.delivery.ports import Delivery, DeliveryStores

    storage = runtime.storage
    return Delivery(
        stores=DeliveryStores(
            outbox=stores.outbox(storage),
            lanes=stores.lanes(storage),
            rates=stores.rates(storage),
            dead_letters=stores.dead_notices(storage),
        ),
        post=posts(runtime),
        clock=runtime.clock,
        receiver=configuration.receivers.receiver,
        incident=stores.incidents(storage).get,
        draw=card_sources(runtime, configuration).draw,
        claim=lambda: token_hex(8),
        successors=partial(successors, runtime, configuration),
    )


def posts(runtime: Runtime) -> "Callable[[Receiver, Parcel], PostAnswer]":
    """Return what posts to receivers: a card to a channel, a payload to a webhook."""
    from shared.cloud.teams import TeamsWebhooks
    from shared.cloud.webhooks import SignedWebhooks
    from shared.configuration.receivers import ReceiverKind
    from shared.isolation import DATA_ERRORS
    from shared.notices.delivery.post import PostAnswer, PostOutcome

    channels, webhooks = TeamsWebhooks(named_setting), SignedWebhooks(named_setting, runtime.clock)

    def post(receiver: "Receiver", parcel: "Parcel") -> "PostAnswer":
        try:
            if receiver.kind is ReceiverKind.WEBHOOK:
                return webhooks(receiver, _payloads(runtime).payload(parcel))
            return channels(receiver, parcel.message)
        except DATA_ERRORS as error:  # one that cannot be written ends no other: it is a dead letter
            _log.exception("a notice for %s cannot be written", receiver.name)
            return PostAnswer(PostOutcome.REFUSED, f"it cannot be written: {type(error).__name__}")

    return post


def _payloads(runtime: Runtime) -> "Payloads":
    from shared.notices.delivery.payload import Payloads

    return Payloads(
        incident=lambda name: stores.incidents(runtime.storage).get(name),
        documents=lambda: stores.documents(runtime.storage),
        playbooks=runtime.playbooks(),
        links=links(runtime),
        users=runtime.users,
        clock=runtime.clock,
    )


def successors(runtime: Runtime, configuration: "Configuration", notice: "Notice") -> "Sequence[str] | None":
    """Return who is told of a notice whose receiver is configured no more, as it is decided now.

    None while only a part of the file of receivers can be used: it may name the receiver again.
    """
    from shared.configuration.receivers import FILE
    from shared.incidents.incident import Milestone, Notification

    routing = configuration.receivers
    if not configuration.version(FILE).is_whole:
        return None
    incident = stores.incidents(runtime.storage).get(notice.incident) if notice.incident else None
    if incident is None:
        return routing.announcements
    notification = Notification(notice.revision, Milestone(notice.milestone))
    decisions = router(runtime, configuration).rule(incident, notification)
    return [
        decision.receiver
        for decision in decisions
        if decision.has_own_card and routing.receiver(decision.receiver) is not None
    ]


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that people are told."""
    from shared.health.readiness import Probe
    from shared.health.schedules import schedule_probe

    settings, configuration = runtime.settings, runtime.configuration(waits=False)
    return [
        schedule_probe("NOTICE_SCHEDULE", settings.notice_schedule),
        *_receiver_probes(configuration),
        Probe("settings: PLAYBOOKS_URL", settings.check_playbooks_url),
        Probe("configuration: receivers", partial(configuration.require, "receivers")),
        Probe("configuration: silences", partial(configuration.require, "silences")),
    ]


def _receiver_probes(configuration: "Configuration") -> "Iterator[Probe]":
    """Return what each setting of each receiver must hold."""
    from shared.configuration.receivers import ReceiverKind
    from shared.health.readiness import Probe

    for receiver in configuration.receivers.receivers:
        check_address = _check_webhook if receiver.kind is ReceiverKind.WEBHOOK else _check_channel
        yield Probe(f"settings: {receiver.setting}", partial(check_address, receiver.setting))
        if receiver.key_setting:
            yield Probe(f"settings: {receiver.key_setting}", partial(_check_key, receiver.key_setting))


def _check_channel(setting: str) -> None:
    from shared.cloud.teams import RETIRED, is_retired

    if is_retired(_required(setting, "a Workflows webhook")):
        raise LinekeeperError(f"{setting}: {RETIRED}")


def _check_webhook(setting: str) -> None:
    from shared.cloud.webhooks import check_address

    check_address(setting, _required(setting, "the https address of a receiver"))


def _check_key(setting: str) -> None:
    from shared.cloud.webhooks import signing_keys

    signing_keys(setting, _required(setting, "a signing key (docs/webhook.md)"))


def _required(setting: str, expected: str) -> str:
    value = named_setting(setting)
    if value is None:
        raise LinekeeperError(f"the setting {setting} is missing; expected {expected}")
    return value
