"""What is old goes, what is young, open, pending or owed stays, and only so much goes at once; on Azurite."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.app import stores
from shared.app.names import Table
from shared.health.deadletters import DeadLetter
from shared.health.quarantine import SetAside
from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle import states
from shared.incidents.store import Claim
from shared.notices.notice import Fate, Notice
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.silence import card_silence
from shared.races import LostRaceError
from tests.notices.broken_lobby import refused_connects
from tests.notices.diagnoses import RESOURCE

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

# Blobs, and rows that have no time of their own, are as old as the account says.
NOW = datetime.now(UTC)  # in UTC
OLD, YOUNG = NOW - timedelta(days=100), NOW - timedelta(days=1)
LATER = NOW + timedelta(days=99)


def incident(
    storage: "Storage", name: str, opened_at: datetime, closed_at: datetime | None = None
) -> Incident:
    breach = refused_connects(resource=RESOURCE + name)
    opened = replace(states.opened(breach, 2, opened_at, None), unnotified=())
    if closed_at is not None:
        opened = replace(states.resolved(opened, Ending.BY_HAND, closed_at), unnotified=())
    return stores.incidents(storage).create(opened, None)


def names(storage: "Storage", table: Table) -> list[str]:
    return sorted(f"{row['PartitionKey']}/{row['RowKey']}" for row in storage.table(table).list_entities())


def test_notices_go_unless_they_are_pending(storage: "Storage") -> None:
    outbox = stores.outbox(storage)
    kept = [
        Notice.about("pending", "on-call", "announcement", OLD),
        replace(Notice.about("young", "on-call", "announcement", YOUNG), fate=Fate.DELIVERED),
    ]
    gone = [
        replace(Notice.about(fate, "on-call", "announcement", OLD), fate=fate)
        for fate in Fate
        if fate is not Fate.PENDING
    ]
    for notice in (*kept, *gone):
        outbox.add(notice, "{}")

    assert stores.old_things(storage)["notices"].forget(NOW - timedelta(days=30))

    assert sorted(notice.key for notice in kept) == names(storage, Table.NOTICES)


def test_closed_incidents_go_and_what_is_open_or_owes_a_notice_stays(storage: "Storage") -> None:
    incident(storage, "-old", OLD, OLD)
    young, still_open = incident(storage, "-young", OLD, YOUNG), incident(storage, "-open", OLD)
    owing = incident(storage, "-owing", OLD)
    stores.incidents(storage).save(states.resolved(owing, Ending.BY_HAND, OLD))
    stores.silences(storage, ()).add(card_silence("old.1", "Ada", OLD, reason="known"))

    assert stores.old_things(storage)["incidents"].forget(NOW - timedelta(days=30))

    ids = {
        row["id"] for row in storage.table(Table.INCIDENTS).query_entities("live eq true or live eq false")
    }
    assert {young.id, still_open.id, owing.id} == ids
    assert [] == names(storage, Table.SILENCES)


def test_the_symptom_of_an_incident_that_is_gone_opens_the_next_one(storage: "Storage") -> None:
    gone = incident(storage, "-old", OLD, OLD)
    stores.old_things(storage)["incidents"].forget(NOW - timedelta(days=30))

    assert 2 == incident(storage, "-old", NOW).number
    assert stores.incidents(storage).get(gone.id) is None


def decision(at: datetime) -> RecordedDecision:
    return RecordedDecision(
        at, 1, "opened", Decision("on-call", RoutingReason.ROUTED, "Route 1 leads to it.")
    )


def test_decisions_and_dead_letters_go_by_their_time(storage: "Storage") -> None:
    stores.decisions(storage).keep("old", [decision(OLD)])
    stores.decisions(storage).keep("young", [decision(YOUNG)])
    for name, at in (("old", OLD), ("young", YOUNG)):
        stores.dead_letters(storage).put(DeadLetter("work", name, "the message is not JSON", at))

    for kind in ("decisions", "dead letters"):
        assert stores.old_things(storage)[kind].forget(NOW - timedelta(days=30))

    assert ["young"] == [row["incident"] for row in storage.table(Table.DECISIONS).list_entities()]
    assert ["young"] == [letter.text for letter in stores.dead_letters(storage).read("work")]


def test_what_is_set_aside_goes_when_people_were_told_long_ago(storage: "Storage") -> None:
    quarantine = stores.quarantine(storage)
    silences = storage.table(Table.SILENCES)
    for name, at in (("told", OLD), ("young", YOUNG), ("untold", None)):
        silences.create_entity({"PartitionKey": "made", "RowKey": name})
        quarantine.set_aside(silences, {"PartitionKey": "made", "RowKey": name}, "of another version")
        if at is not None:
            quarantine.mark_told(list(named(quarantine.all(), name)), at)

    assert stores.old_things(storage)["quarantine"].forget(NOW - timedelta(days=30))

    assert {"made/untold", "made/young"} == {entry.name for entry in quarantine.all()}


def named(entries: "list[SetAside] | object", name: str) -> Iterator[SetAside]:
    assert isinstance(entries, list)
    yield from (entry for entry in entries if entry.name == f"made/{name}")


@pytest.mark.parametrize(
    ("kind", "folder"),
    [
        ("alerts", "alerts/"),
        ("alerts", "refused-alerts/"),
        ("notices", "notices/"),
        ("diagnoses", "diagnoses/"),
        ("reports", "reports/"),
        ("quarantine", "quarantine/"),
    ],
)
def test_documents_go_by_their_kind(kind: str, folder: str, storage: "Storage") -> None:
    documents = stores.documents(storage)
    documents.put(f"{folder}a", "old by then")
    documents.put("another-folder/a", "of nobody")

    assert stores.old_things(storage)[kind].forget(NOW - timedelta(days=30))
    assert "old by then" == documents.get(f"{folder}a")
    assert stores.old_things(storage)[kind].forget(LATER)

    assert (None, "of nobody") == (documents.get(f"{folder}a"), documents.get("another-folder/a"))


def test_alerts_go_by_their_last_change(storage: "Storage") -> None:
    stores.alerts(storage).claim("0a1b", Claim("occurrence-1"))
    stores.alerts(storage).fired("place", "occurrence-1", OLD)

    stores.old_things(storage)["alerts"].forget(YOUNG)
    assert 2 == len(names(storage, Table.ALERTS))
    stores.old_things(storage)["alerts"].forget(LATER)
    assert [] == names(storage, Table.ALERTS)


def test_only_so_much_goes_at_once(storage: "Storage") -> None:
    for number in range(5):
        stores.decisions(storage).keep(f"incident {number % 2}", [replace(decision(OLD), revision=number)])
    documents = stores.documents(storage)
    for number in range(3):
        documents.put(f"reports/{number}", "a report")
    decisions = replace(stores.old_things(storage)["decisions"], most_rows=2)  # type: ignore[type-var]
    reports = replace(stores.old_things(storage)["reports"], most_blobs=2)  # type: ignore[type-var]

    assert [False, False, True] == [decisions.forget(NOW) for _ in range(3)]
    assert [False, True] == [reports.forget(LATER) for _ in range(2)]


def test_two_instances_may_delete_the_same(storage: "Storage") -> None:
    stores.decisions(storage).keep("old", [decision(OLD)])
    with suppress(LostRaceError):
        for _ in range(2):
            assert stores.old_things(storage)["decisions"].forget(NOW)
