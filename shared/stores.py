"""Where things are kept: the stores in the app's storage account, and the desk that rulings are made at."""

from functools import cache
from typing import TYPE_CHECKING

from shared.clock import PROCESS_CLOCK
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage
    from shared.health.deadletters import DeadLetters
    from shared.incidents.store import Incidents
    from shared.notices.answers.keyring import KeyRing
    from shared.notices.delivery.lane import Lanes
    from shared.notices.notice import Outbox
    from shared.notices.routing.decisions import Decisions
    from shared.notices.routing.ruling import Router
    from shared.notices.routing.silence import Silences

# The SDKs are imported where they are used, as in wiring.


@cache
def storage(settings: Settings) -> "Storage":
    """Return the app's storage account; one client of it for the whole process."""
    from shared.cloud.storage.account import Storage

    return Storage.from_settings(settings)


@cache
def fast_storage(settings: Settings) -> "Storage":
    """Return the same account for callers who wait for an answer."""
    from shared.cloud.storage.account import Storage

    return Storage.from_settings(settings, fail_fast=True)


@cache
def incidents(settings: Settings) -> "Incidents":
    """Return the incidents of all resources."""
    from shared.cloud.storage.incidents.incidents import TableIncidents

    return TableIncidents(storage(settings).table("incidents"))


@cache
def fast_incidents(settings: Settings) -> "Incidents":
    """Return the same incidents for callers who wait for an answer."""
    from shared.cloud.storage.incidents.incidents import TableIncidents

    return TableIncidents(fast_storage(settings).table("incidents"))


def outbox(settings: Settings) -> "Outbox":
    """Return the notices that were written."""
    from shared.cloud.storage.documents import BlobDocuments
    from shared.cloud.storage.notices.outbox import TableOutbox

    kept = storage(settings)
    documents = BlobDocuments(kept.container("documents"))
    return TableOutbox(kept.table("notices"), lanes(settings), kept.queue("notices"), documents)


def lanes(settings: Settings) -> "Lanes":
    """Return the streams that have notices to be delivered."""
    from shared.cloud.storage.notices.lanes import TableLanes

    return TableLanes(storage(settings).table("streams"))


def silences(settings: Settings) -> "Silences":
    """Return the silences of the file, and those that people made from a card."""
    from shared.cloud.storage.notices.silences import TableSilences
    from shared.configuration.silences import usable_silences

    return TableSilences(storage(settings).table("silences"), usable_silences(settings.config_folder)[0])


def decisions(settings: Settings) -> "Decisions":
    """Return what was decided about each state of an incident."""
    from shared.cloud.storage.notices.decisions import TableDecisions

    return TableDecisions(storage(settings).table("decisions"))


@cache
def key_ring(settings: Settings) -> "KeyRing":
    """Return the keys that sign links; what was read of them is kept for the whole process."""
    from shared.cloud.storage.notices.keys import BlobKeys
    from shared.notices.answers.keyring import KeyRing

    return KeyRing(BlobKeys(fast_storage(settings).container("keys")), PROCESS_CLOCK)


def dead_letters() -> "DeadLetters":
    """Return what was given up."""
    from shared.cloud.storage.health.deadletters import TableDeadLetters

    return TableDeadLetters(storage(Settings.from_environment()).table("deadletters"))


def router(settings: Settings) -> "Router":
    """Return what rulings are made from; configuration is read anew."""
    from shared.cloud.storage.notices.groups import TableGroups
    from shared.cloud.storage.notices.shared_cards import TableSharedCards
    from shared.cloud.storage.signals.regions import TableRegions
    from shared.configuration.receivers import usable_receivers
    from shared.configuration.resources import usable_resources
    from shared.notices.routing.ruling import Router

    kept = storage(settings)
    resources = usable_resources(settings.config_folder, settings.logs_workspace)[0]
    return Router(
        routing=usable_receivers(settings.config_folder)[0],
        resources={resource.id: resource for resource in resources},
        regions=TableRegions(kept.table("regions")).by_resource,
        silences=silences(settings),
        groups=TableGroups(kept.table("groups")),
        decisions=decisions(settings),
        cards=TableSharedCards(kept.table("sharedcards")),
        clock=PROCESS_CLOCK,
    )
