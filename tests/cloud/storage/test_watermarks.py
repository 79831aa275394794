"""The marks of the watch, kept by Table Storage: forward only, whoever writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from shared.cloud.storage.watermarks import TableWatermarks

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from shared.cloud.storage.account import Storage

FLOOR = "6f1c0a8e-0000-4000-8000-00000000f100"
TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def table(storage: "Storage") -> "TableClient":
    return storage.table("looks")


class Interrupted:
    """A table on which another instance writes between the reading and the writing."""

    def __init__(self, table: "TableClient", between: Callable[[], None]) -> None:
        self._table = table
        self._between = between

    def get_entity(self, *named: str) -> Any:
        try:
            return self._table.get_entity(*named)
        finally:
            between, self._between = self._between, lambda: None
            between()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


def test_a_workspace_has_no_mark_before_its_first_look(table: "TableClient") -> None:
    assert None is TableWatermarks(table).get(FLOOR)


def test_a_mark_moves_forward_and_never_back(table: "TableClient") -> None:
    looks = TableWatermarks(table)
    for moment in (TEN, TEN + MINUTE, TEN - MINUTE):
        looks.advance(FLOOR, moment)

    assert TEN + MINUTE == looks.get(FLOOR)


def test_a_mark_of_a_clock_that_was_a_month_ahead_is_put_right(table: "TableClient") -> None:
    looks = TableWatermarks(table)
    for moment in (TEN + timedelta(days=30), TEN):
        looks.advance(FLOOR, moment)

    assert TEN == looks.get(FLOOR)


@pytest.mark.parametrize("first", [None, TEN])
@pytest.mark.parametrize("other", [TEN + MINUTE, TEN + 9 * MINUTE])
def test_the_later_of_two_instances_wins_whoever_writes_last(
    table: "TableClient", first: datetime | None, other: datetime
) -> None:
    if first:
        TableWatermarks(table).advance(FLOOR, first)
    beside = Interrupted(table, lambda: TableWatermarks(table).advance(FLOOR, other))
    TableWatermarks(beside).advance(FLOOR, TEN + 5 * MINUTE)  # type: ignore[arg-type]

    assert max(other, TEN + 5 * MINUTE) == TableWatermarks(table).get(FLOOR)


def test_instances_at_once_leave_the_latest_mark(table: "TableClient") -> None:
    threads = [
        Thread(target=TableWatermarks(table).advance, args=(FLOOR, TEN + n * MINUTE)) for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert TEN + 5 * MINUTE == TableWatermarks(table).get(FLOOR)
