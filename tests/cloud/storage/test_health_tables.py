"""What health keeps in Table Storage, on Azurite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.cloud.storage.check import check_storage
from shared.cloud.storage.health.deadletters import TableDeadLetters
from shared.cloud.storage.health.sources import TableSources
from shared.errors import LinekeeperError
from shared.health.deadletters import DeadLetter
from shared.health.sources import Source, SourceState

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"


def source(number: int = 0) -> Source:
    return Source("workspace-1", f"Table{number}", LOBBY)


def test_states_are_read_as_they_were_saved(storage: "Storage") -> None:
    sources = TableSources(storage.table("sources"))
    state = SourceState(TEN, {TEN: timedelta(minutes=7)}, silent=True, blind_since=TEN, turns=3)
    saved = {source(number): replace(state, turns=number) for number in range(130)}

    assert [] == sources.save(saved)
    assert saved == sources.read()


def test_the_instance_that_wrote_first_is_not_overwritten(storage: "Storage") -> None:
    sources = TableSources(storage.table("sources"))
    sources.save({source(): SourceState(TEN)})
    read = sources.read()[source()]

    assert [] == sources.save({source(): replace(read, turns=1)})
    assert [source()] == sources.save({source(): replace(read, turns=7)})
    assert [source()] == sources.save({source(): SourceState(TEN)})
    assert 1 == sources.read()[source()].turns


def test_a_source_that_is_watched_no_more_is_forgotten(storage: "Storage") -> None:
    sources = TableSources(storage.table("sources"))
    sources.save({source(1): SourceState(TEN), source(2): SourceState(TEN)})
    for _ in range(2):
        sources.forget([source(1)])

    assert [source(2)] == list(sources.read())


def test_a_dead_letter_keeps_its_whole_text(storage: "Storage") -> None:
    letters = TableDeadLetters(storage.table("deadletters"))
    long = DeadLetter("work", "😀" * 16_000 + '{"incident": 1}', "the message is not JSON", TEN)
    empty = DeadLetter("work", "", "the message is empty", TEN - timedelta(hours=1))
    for letter in (long, replace(long, at=TEN + timedelta(days=1)), empty):
        letters.put(letter)

    assert [empty, long] == letters.read("work")
    assert [] == letters.read("notices")


def test_a_dead_letter_that_was_delivered_is_removed(storage: "Storage") -> None:
    letters = TableDeadLetters(storage.table("deadletters"))
    letter = DeadLetter("notices", "{}", "every attempt failed", TEN)
    letters.put(letter)
    for _ in range(2):
        letters.remove(letter)

    assert [] == letters.read("notices")


def test_storage_that_answers_is_well(storage: "Storage") -> None:
    check_storage(storage, "incidents", "work", "documents")


def test_names_the_part_of_storage_that_does_not_answer(storage: "Storage") -> None:
    storage.queue("work").delete_queue()

    with pytest.raises(LinekeeperError, match="the queue work does not answer: The specified queue does not"):
        check_storage(storage, "incidents", "work", "documents")
