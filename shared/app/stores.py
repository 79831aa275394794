"""Every store of the app, in the storage account that it is given."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app.names import Container, Queue, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shared.alerts.inbox import Inbox
    from shared.cloud.storage.account import Storage
    from shared.cloud.storage.events.rows import TableEvents
    from shared.cloud.storage.health.quarantine import TableQuarantine
    from shared.configuration.silences import Silence
    from shared.configuration.versions.store import FileStore
    from shared.context.declared import DeclaredEvents
    from shared.context.discoveries import Discoveries
    from shared.events.pushed import PushedAsks
    from shared.health.configuration_watch import KnownFaults
    from shared.health.deadletters import DeadLetters
    from shared.health.kept_report import Reports
    from shared.health.retention import Old
    from shared.health.sources import Sources
    from shared.incidents.ports import Watermarks
    from shared.incidents.store import Alerts, Documents, Incidents, Work
    from shared.notices.answers.keyring import KeyStore
    from shared.notices.delivery.at_once import JustAsked
    from shared.notices.delivery.lane import Lanes
    from shared.notices.delivery.ports import DeadLetterBox
    from shared.notices.delivery.rate import Rates
    from shared.notices.notice import Outbox
    from shared.notices.routing.decisions import Decisions
    from shared.notices.routing.group import Groups
    from shared.notices.routing.shared_card import SharedCards
    from shared.notices.routing.silence import Silences
    from shared.objectives.learned import LearnedNormals
    from shared.signals.counts import Counts
    from shared.signals.regions import Regions
    from shared.signals.tries import LineTries
    from shared.tokens.acs_identities import Identities
    from shared.tokens.client_rates import ClientRates


def incidents(storage: "Storage") -> "Incidents":
    """Return the incidents of all resources."""
    from shared.cloud.storage.incidents.incidents import TableIncidents

    return TableIncidents(storage.table(Table.INCIDENTS), shelf(storage))


def alerts(storage: "Storage") -> "Alerts":
    """Return which alerts were taken."""
    from shared.cloud.storage.alerts.alerts import TableAlerts

    return TableAlerts(storage.table(Table.ALERTS), shelf(storage))


def counts(storage: "Storage") -> "Counts":
    """Return the counts of all signals."""
    from shared.cloud.storage.signals.counts import TableCounts

    return TableCounts(storage.table(Table.COUNTS), shelf(storage))


def normals(storage: "Storage") -> "LearnedNormals":
    """Return what was learned of the normal of each signal."""
    from shared.cloud.storage.signals.normals import TableNormals

    return TableNormals(storage.table(Table.NORMALS), shelf(storage))


def regions(storage: "Storage") -> "Regions":
    """Return the regions that were learnt."""
    from shared.cloud.storage.signals.regions import TableRegions

    return TableRegions(storage.table(Table.REGIONS), shelf(storage))


def tries(storage: "Storage") -> "LineTries":
    """Return our own tries of the line."""
    from shared.cloud.storage.signals.tries import TableTries

    return TableTries(partial(storage.table, Table.TRIES), shelf(storage))


def declared_events(storage: "Storage") -> "DeclaredEvents":
    """Return what Microsoft declared."""
    from shared.cloud.storage.context.declared import TableDeclaredEvents

    return TableDeclaredEvents(partial(storage.table, Table.DECLARED), shelf(storage))


def client_rates(storage: "Callable[[], Storage]") -> "ClientRates":
    """Return how many clients usually come to each process; the account is asked for when it is needed."""
    from shared.cloud.storage.tokens.client_rates import TableClientRates

    return TableClientRates(lambda: storage().table(Table.CLIENT_RATES), _late_quarantine(storage))


def acs_identities(storage: "Storage", service: str) -> "Identities":
    """Return which identity of a resource of Communication Services belongs to which caller."""
    from shared.cloud.storage.tokens.acs_identities import TableIdentities

    return TableIdentities(storage.table(Table.ACS_IDENTITIES), service, shelf(storage))


def watermarks(storage: "Storage") -> "Watermarks":
    """Return until when the arrivals of each workspace were looked at."""
    from shared.cloud.storage.watermarks import TableWatermarks

    return TableWatermarks(storage.table(Table.WATERMARKS), shelf(storage))


def sources(storage: "Storage") -> "Sources":
    """Return what a watch sees by."""
    from shared.cloud.storage.health.sources import TableSources

    return TableSources(storage.table(Table.SOURCES), shelf(storage))


def reports(storage: "Callable[[], Storage]") -> "Reports":
    """Return the latest report of readiness; the account is asked for when it is needed."""
    from shared.cloud.storage.health.reports import TableReports

    return TableReports(lambda: storage().table(Table.READINESS))


def faults(storage: "Storage") -> "KnownFaults":
    """Return which faults of configurations were announced."""
    from shared.cloud.storage.context.faults import TableFaults

    return TableFaults(storage.table(Table.FAULTS), shelf(storage))


def discoveries(storage: "Callable[[], Storage]") -> "Discoveries":
    """Return what was discovered; the account is asked for when it is needed."""
    from shared.cloud.storage.context.discoveries import TableDiscoveries

    return TableDiscoveries(lambda: storage().table(Table.DISCOVERIES), _late_quarantine(storage))


def lanes(storage: "Storage") -> "Lanes":
    """Return the streams that have notices to be delivered."""
    from shared.cloud.storage.notices.lanes import TableLanes

    return TableLanes(storage.table(Table.LANES), shelf(storage))


def rates(storage: "Storage") -> "Rates":
    """Return the slots of every receiver."""
    from shared.cloud.storage.notices.rates import TableRates

    return TableRates(storage.table(Table.RATES), shelf(storage))


def decisions(storage: "Storage") -> "Decisions":
    """Return what was decided about each state of an incident."""
    from shared.cloud.storage.notices.decisions import TableDecisions

    return TableDecisions(storage.table(Table.DECISIONS), shelf(storage))


def groups(storage: "Storage") -> "Groups":
    """Return the incidents that belong together."""
    from shared.cloud.storage.notices.groups import TableGroups

    return TableGroups(storage.table(Table.GROUPS), shelf(storage))


def shared_cards(storage: "Storage") -> "SharedCards":
    """Return the cards that several incidents share."""
    from shared.cloud.storage.notices.shared_cards import TableSharedCards

    return TableSharedCards(storage.table(Table.SHARED_CARDS), shelf(storage))


def dead_letters(storage: "Storage") -> "DeadLetters":
    """Return the messages that were given up."""
    from shared.cloud.storage.health.deadletters import TableDeadLetters

    return TableDeadLetters(storage.table(Table.DEAD_LETTERS), shelf(storage))


def old_things(storage: "Storage") -> "Mapping[str, Old]":
    """Return what is stored and may grow old, by its kind."""
    from shared.cloud.storage.retention import OldThings, old_rows

    rows = partial(old_rows, storage.table)
    documents = partial(storage.container, Container.DOCUMENTS)
    return {
        "alerts": OldThings(rows(Table.ALERTS), documents, ["alerts/", "refused-alerts/"]),
        "notices": OldThings(rows(Table.NOTICES), documents, ["notices/"]),
        "decisions": OldThings(rows(Table.DECISIONS), documents),
        "diagnoses": OldThings((), documents, ["diagnoses/"]),
        "reports": OldThings((), documents, ["reports/"]),
        "dead letters": OldThings(rows(Table.DEAD_LETTERS), documents),
        "quarantine": OldThings(rows(Table.QUARANTINE), documents, ["quarantine/"]),
        "incidents": OldThings(rows(Table.INCIDENTS, Table.GROUPS, Table.SILENCES), documents),
    }


def quarantine(storage: "Storage") -> "TableQuarantine":
    """Return what was set aside because it cannot be read, or could not be handled."""
    return _late_quarantine(lambda: storage)


def shelf(storage: "Storage") -> "TableQuarantine | None":
    """Return where what cannot be read is set aside; None on an account that is only looked at."""
    return quarantine(storage) if storage.sets_aside else None


def _late_quarantine(storage: "Callable[[], Storage]") -> "TableQuarantine":
    from shared.cloud.storage.health.quarantine import TableQuarantine

    return TableQuarantine(
        lambda: storage().table(Table.QUARANTINE),
        lambda name: storage().table(name),
        lambda: storage().container(Container.DOCUMENTS),
    )


def documents(storage: "Storage") -> "Documents":
    """Return what is too large for a row."""
    from shared.cloud.storage.documents import BlobDocuments

    return BlobDocuments(storage.container(Container.DOCUMENTS), shelf(storage))


def events(storage: "Storage") -> "TableEvents":
    """Return the events of Web PubSub that came."""
    from shared.cloud.storage.events.rows import TableEvents

    return TableEvents(storage.table(Table.EVENTS), shelf(storage))


def pushed_asks(storage: "Callable[[], Storage]") -> "PushedAsks":
    """Return the queue of resources whose events and tries are to be judged; the account is asked for when it is needed."""
    from shared.cloud.storage.signals.pushed import QueueAsks

    return QueueAsks(lambda: storage().queue(Queue.PUSHED))


def work(storage: "Storage") -> "Work":
    """Return the queue of incidents to diagnose."""
    from shared.cloud.storage.incidents.work import QueueWork

    return QueueWork(storage.queue(Queue.WORK))


def outbox(storage: "Storage", asked: "JustAsked | None" = None) -> "Outbox":
    """Return the notices that were written; `asked` is told of each that it asks for at once."""
    from shared.cloud.storage.notices.outbox import TableOutbox

    table, queue = storage.table(Table.NOTICES), storage.queue(Queue.NOTICES)
    return TableOutbox(table, lanes(storage), queue, documents(storage), shelf(storage), asked=asked)


def silences(storage: "Storage", declared: "Sequence[Silence]") -> "Silences":
    """Return the silences that the team declared, and those that people made from a card."""
    from shared.cloud.storage.notices.silences import TableSilences

    return TableSilences(storage.table(Table.SILENCES), declared, shelf(storage))


def dead_notices(storage: "Storage") -> "DeadLetterBox":
    """Return the drawer of notices that were given up."""
    from shared.cloud.storage.health.deadletters import NoticeLetters

    return NoticeLetters(dead_letters(storage))


def keys(storage: "Storage") -> "KeyStore":
    """Return where the keys that sign links are kept."""
    from shared.cloud.storage.notices.keys import BlobKeys

    return BlobKeys(partial(storage.container, Container.KEYS))


def config_files(storage: "Callable[[], Storage]", container: str) -> "FileStore":
    """Return the files of configuration that a team edits in a container."""
    from shared.cloud.storage.configuration import BlobFiles

    return BlobFiles(lambda: storage().container(container), keeps_former=True)


def good_files(storage: "Callable[[], Storage]") -> "FileStore":
    """Return the last good version of each file of configuration; the account is asked for when it is needed."""
    from shared.cloud.storage.configuration import BlobFiles

    return BlobFiles(lambda: storage().container(Container.GOOD_FILES), keeps_former=False)


def inbox(storage: "Callable[[], Storage]") -> "Inbox":
    """Return the alerts that came; the account is asked for when it is needed."""
    from shared.cloud.storage.alerts.alerts import StoredInbox

    return StoredInbox(
        lambda: storage().container(Container.DOCUMENTS),
        lambda: storage().queue(Queue.ALERTS),
        lambda: storage().queue(Queue.URGENT_ALERTS),
        lambda: storage().table(Table.ALERTS),
    )
