"""One identity for each caller in Table Storage: reserved, stored in one transaction, taken over, and orphans."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import UpdateMode

from shared.app.names import Table
from shared.app.stores import acs_identities, quarantine
from shared.cloud.storage.account import Storage
from shared.tokens.acs_identities import Identities, Orphan, Reservation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def identities(storage: Storage) -> Identities:
    return acs_identities(storage, "ward.example")


def wish(attempt: str, caller: str = "alice", at: datetime = NOON) -> Reservation:
    return Reservation(caller, attempt, at, at + MINUTE)


def test_what_was_stored_is_found_and_its_reservation_is_over(
    identities: Identities, storage: Storage
) -> None:
    reservation = identities.reserve(wish("one"))

    assert identities.find("alice") is None
    assert identities.store(reservation, "8:acs:a")
    assert ("8:acs:a", None) == (identities.find("alice"), identities.find("bob"))
    assert [] == list(identities.orphans(NOON + MINUTE))
    assert acs_identities(storage, "another.example").find("alice") is None


def test_of_many_at_once_one_holds_the_reservation(identities: Identities) -> None:
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda n: identities.reserve(wish(f"attempt-{n}")), range(16)))

    assert 1 == len({reservation.attempt for reservation in held})


def test_who_reserves_again_holds_it_still(identities: Identities) -> None:
    """The SDK tries again when an answer was lost."""
    assert "one" == identities.reserve(wish("one")).attempt
    assert identities.store(identities.reserve(wish("one")), "8:acs:a")


def test_a_reservation_that_ran_out_gives_way_and_is_an_orphan(identities: Identities) -> None:
    former = identities.reserve(wish("one"))
    assert "one" == identities.reserve(wish("two", at=NOON + MINUTE / 2)).attempt
    assert [Orphan("one", NOON)] == list(identities.orphans(NOON + MINUTE))  # before anybody takes it over

    latter = identities.reserve(wish("two", at=NOON + MINUTE))

    assert "two" == latter.attempt
    assert [Orphan("one", NOON)] == list(identities.orphans(NOON + MINUTE))
    assert not identities.store(former, "8:acs:late")
    assert identities.store(latter, "8:acs:b")
    assert not identities.store(former, "8:acs:late")
    assert "8:acs:b" == identities.find("alice")


def test_an_identity_that_was_stored_although_the_answer_was_lost_counts(identities: Identities) -> None:
    reservation = identities.reserve(wish("one"))
    identities.store(reservation, "8:acs:a")

    assert identities.store(reservation, "8:acs:a")


def test_an_orphan_gets_a_name_and_is_settled(identities: Identities) -> None:
    identities.abandon(identities.reserve(wish("one")), NOON)
    identities.name_orphan(Orphan("one", NOON, "8:acs:a"))

    assert [Orphan("one", NOON, "8:acs:a")] == list(identities.orphans(NOON))
    identities.settle("one")
    assert [] == list(identities.orphans(NOON + 9 * MINUTE))


def test_what_is_released_is_free_and_leaves_nothing(identities: Identities) -> None:
    reservation = identities.reserve(wish("one"))
    identities.release(reservation)
    identities.release(reservation)

    assert "two" == identities.reserve(wish("two")).attempt
    identities.release(replace(reservation, etag='W/"another"'))
    assert "two" == identities.reserve(wish("three")).attempt
    assert [] == list(identities.orphans(NOON))


def test_only_the_identity_that_is_gone_is_forgotten(identities: Identities) -> None:
    identities.store(identities.reserve(wish("one")), "8:acs:a")
    identities.forget("alice", "8:acs:earlier")
    assert "8:acs:a" == identities.find("alice")

    identities.forget("alice", "8:acs:a")
    identities.forget("alice", "8:acs:a")

    assert identities.find("alice") is None


@pytest.mark.parametrize(
    ("start", "callers", "orphans"), [("identity~", 1, 4), ("reserved~", 2, 3), ("orphan~", 2, 3)]
)
def test_a_row_that_cannot_be_read_stops_only_itself(
    start: str, callers: int, orphans: int, identities: Identities, storage: Storage
) -> None:
    for caller in ("alice", "bob"):
        assert identities.store(identities.reserve(wish(f"{caller}-one", caller)), f"8:acs:{caller}")
        identities.reserve(wish(f"{caller}-lost", f"{caller}-again"))
        identities.name_orphan(Orphan(f"{caller}-orphan", NOON))
    table = storage.table(Table.ACS_IDENTITIES)
    row = next(row for row in table.list_entities() if row["RowKey"].startswith(start))
    table.update_entity({**row, "at": 7, "identity": 7}, mode=UpdateMode.REPLACE)

    assert callers == len({identities.find(caller) for caller in ("alice", "bob")} - {None})
    assert orphans == len(identities.orphans(NOON + 2 * MINUTE))
    assert ["acsidentities"] == [entry.place for entry in quarantine(storage).all()]
