"""What Microsoft declared is kept until it is old, and a row that cannot be read stops only itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.names import Table
from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IMPACTS = (Impact("Azure Web PubSub", "West Europe"), Impact("Azure SignalR Service", "Global", NOON))
EVENT = ServiceHealthEvent(
    "VN1K-9W8", DeclaredKind.ISSUE, "Clients fail", IMPACTS, NOON, None, link="https://x", impacted=("/a",)
)


def test_an_event_is_kept_whole_in_the_place_of_what_was_known_before(storage: "Storage") -> None:
    events = stores.declared_events(storage)
    events.keep([EVENT], NOON)
    over = replace(EVENT, end=NOON, is_active=False)
    events.keep([over], NOON)

    assert ((over,), over, None) == (events.all(), events.get("vn1k-9w8"), events.get("XK2L-7Q0"))


def test_an_event_that_is_read_no_more_is_deleted_when_it_is_old(storage: "Storage") -> None:
    events = stores.declared_events(storage)
    events.keep([EVENT], NOON)
    events.forget(NOON)
    kept = events.all()
    events.forget(NOON + timedelta(seconds=1))

    assert ((EVENT,), ()) == (kept, events.all())


def test_a_row_that_cannot_be_read_stops_only_itself(storage: "Storage") -> None:
    events = stores.declared_events(storage)
    events.keep([EVENT], NOON)
    storage.table(Table.DECLARED).create_entity(
        {"PartitionKey": "events", "RowKey": "broken", "kind": "bell", "seen_at": "2026"}
    )

    assert (EVENT,) == events.all()
