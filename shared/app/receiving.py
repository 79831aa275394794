"""Reach receivers of each kind: how a notice is worded and posted, and what the settings must hold."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime
from shared.errors import LinekeeperError
from shared.settings import named_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.configuration.receivers import Receiver
    from shared.health.readiness import Probe
    from shared.incidents.incident import Incident
    from shared.notices.cards.links import Links
    from shared.notices.delivery.payload import Payloads
    from shared.notices.delivery.ports import Parcel
    from shared.notices.delivery.post import PostAnswer


def posts(
    runtime: Runtime, links: "Callable[[Incident], Links]"
) -> "Callable[[Receiver, Parcel], PostAnswer]":
    """Return what posts to receivers: a card to a channel, a payload to a webhook."""
    from shared.cloud.teams import TeamsWebhooks
    from shared.cloud.webhooks import SignedWebhooks
    from shared.configuration.receivers import ReceiverKind

    channels, webhooks = TeamsWebhooks(named_setting), SignedWebhooks(named_setting, runtime.clock)

    def post(receiver: "Receiver", parcel: "Parcel") -> "PostAnswer":
        if receiver.kind is ReceiverKind.WEBHOOK:
            return webhooks(receiver, _payloads(runtime, links).payload(parcel))
        return channels(receiver, parcel.message)

    return post


def _payloads(runtime: Runtime, links: "Callable[[Incident], Links]") -> "Payloads":
    from shared.notices.delivery.payload import Payloads

    return Payloads(
        incident=lambda name: stores.incidents(runtime.storage).get(name),
        documents=lambda: stores.documents(runtime.storage),
        playbooks=runtime.playbooks(),
        links=links,
        users=runtime.users,
        clock=runtime.clock,
    )


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what each setting of each receiver must hold."""
    from shared.configuration.receivers import ReceiverKind
    from shared.health.readiness import Probe

    for receiver in runtime.configuration(waits=False).receivers.receivers:
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
