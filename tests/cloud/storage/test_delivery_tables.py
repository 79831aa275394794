"""Lanes, rates and fates in real tables, whoever writes first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox, _row
from shared.cloud.storage.notices.rates import TableRates
from shared.configuration.receivers import Receiver
from shared.notices.delivery.rate import claim_post, pause_receiver
from shared.notices.notice import Fate, Notice
from shared.races import LostRaceError

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = "feed~default"
ON_CALL = Receiver("on-call", "ON_CALL_URL")


@pytest.fixture
def lanes(storage: "Storage") -> TableLanes:
    return TableLanes(storage.table("streams"))


def test_a_lane_is_made_kept_and_removed(lanes: TableLanes) -> None:
    lanes.touch(KEY, "default", NINE)
    lane = lanes.get(KEY)
    assert lane is not None
    saved = lanes.save(lane.claimed_by("mine", NINE).with_post_begun("1", NINE))

    assert saved == lanes.get(KEY)
    lanes.remove(saved)
    assert lanes.get(KEY) is None


def test_a_touch_makes_every_other_writer_lose(lanes: TableLanes) -> None:
    lanes.touch(KEY, "default", NINE)
    before = lanes.get(KEY)
    assert before is not None
    saved = lanes.save(before.released_after_failure(NINE, None))
    lanes.touch(KEY, "default", NINE + timedelta(minutes=1))

    for change in (lanes.save, lanes.remove):
        with pytest.raises(LostRaceError):
            change(saved)
    assert saved == replace(lanes.get(KEY) or saved, etag=saved.etag)


def test_a_lane_that_is_gone_cannot_be_changed(lanes: TableLanes) -> None:
    lanes.touch(KEY, "default", NINE)
    lane = lanes.get(KEY)
    assert lane is not None
    lanes.remove(lane)

    with pytest.raises(LostRaceError):
        lanes.save(lane)


def test_what_is_due_comes_the_oldest_first_whenever_it_was_put_off_to(lanes: TableLanes) -> None:
    for minutes, key in ((3, "c~x"), (1, "a~x"), (2, "b~x"), (9, "later~x")):
        lanes.touch(key, "x", NINE + timedelta(minutes=minutes))

    oldest = lanes.get("a~x")
    assert oldest is not None
    lanes.save(oldest.released_until(NINE + timedelta(minutes=3)))

    assert ["a~x", "b~x", "c~x"] == [lane.key for lane in lanes.due(NINE + timedelta(minutes=3))]


def test_what_waits_is_found_in_every_lane(storage: "Storage", lanes: TableLanes) -> None:
    outbox = TableOutbox(storage.table("notices"), lanes, storage.queue("notices"), None)  # type: ignore[arg-type]
    notices = [Notice.about(f"subject {number}", "on-call", "announcement", NINE) for number in range(3)]
    told = replace(notices[0], fate=Fate.DELIVERED, settled_at=NINE)
    new = replace(notices[1], at=NINE + timedelta(minutes=10))
    for notice in (told, new, notices[2]):
        storage.table("notices").create_entity(_row(notice))

    assert [notices[2]] == outbox.waiting(NINE + timedelta(minutes=10))


def test_instances_share_the_rate_of_a_receiver(storage: "Storage") -> None:
    rates, other_rates = (TableRates(storage.table("receivers")) for _ in range(2))
    granted = [claim_post(rows, ON_CALL, NINE) for rows in (rates, other_rates, rates, other_rates, rates)]

    assert [None] * 4 == granted[:4]
    assert granted[4] is not None
    pause_receiver(other_rates, ON_CALL, NINE + timedelta(hours=1))
    assert NINE + timedelta(hours=1) == claim_post(rates, ON_CALL, NINE)


def test_who_read_a_rate_before_another_wrote_loses(storage: "Storage") -> None:
    rows = TableRates(storage.table("receivers"))
    for _ in range(2):  # the first write makes the row, the second changes it
        read = rows.get("on-call")
        rows.save("on-call", read.with_post(ON_CALL, NINE))
        with pytest.raises(LostRaceError):
            rows.save("on-call", read.with_post(ON_CALL, NINE))


class Stumbling:
    """A table whose first transactions do not arrive."""

    def __init__(self, table: Any, stumbles: int) -> None:
        self.table = table
        self.stumbles = stumbles

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def submit_transaction(self, operations: Any) -> Any:
        if self.stumbles:
            self.stumbles -= 1
            raise ServiceRequestError("no route to the account")
        return self.table.submit_transaction(operations)


def test_that_a_card_was_taken_is_noted_though_storage_stumbles(
    storage: "Storage", lanes: TableLanes
) -> None:
    table: Any = Stumbling(storage.table("notices"), stumbles=2)
    outbox = TableOutbox(table, lanes, storage.queue("notices"), None)  # type: ignore[arg-type]
    notice = Notice("feed", "1", "default", "x", NINE)
    storage.table("notices").create_entity({"PartitionKey": "feed", "RowKey": "1"})

    outbox.settle([replace(notice, fate=Fate.DELIVERED)])

    (settled,) = outbox.of("feed")
    assert Fate.DELIVERED is settled.fate
