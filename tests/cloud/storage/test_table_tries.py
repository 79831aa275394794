"""Tries of the line in Table Storage: found again as they were, oldest first, and deleted when they are old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.cloud.storage.account import Storage
from shared.cloud.storage.signals.tries import TableTries
from shared.signals.signal import bucket_of
from shared.signals.tries import LineTry
from tests.events.lobby import LOBBY

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = LineTry(LOBBY, "canary", NOON, {"negotiate": 3, "DNS": 1})
BAD = LineTry(LOBBY, "canary", NOON + timedelta(seconds=30), {"negotiate": 3}, "negotiate", "no key", NOON)


@pytest.fixture
def tries(storage: Storage) -> TableTries:
    return TableTries(lambda: storage.table("tries"))


def test_tries_are_found_again_as_they_were_oldest_first(tries: TableTries) -> None:
    for line_try in (BAD, GOOD, BAD):
        tries.keep(line_try)

    assert [GOOD, BAD] == list(tries.since(bucket_of(NOON)))
    assert [] == list(tries.since(NOON + timedelta(minutes=5)))


def test_two_hubs_that_are_tried_at_once_are_two_tries(tries: TableTries) -> None:
    tries.keep(GOOD)
    tries.keep(replace(GOOD, hub="board"))

    assert ["board", "canary"] == sorted(line_try.hub for line_try in tries.since(NOON))


def test_old_tries_are_deleted_and_others_are_not(tries: TableTries) -> None:
    for minute in range(12):
        tries.keep(replace(GOOD, at=NOON + timedelta(minutes=minute)))
    tries.forget(NOON + timedelta(minutes=7))

    assert [5, 6, 7, 8, 9, 10, 11] == [line_try.at.minute for line_try in tries.since(NOON)]
