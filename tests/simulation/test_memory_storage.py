"""The account in memory answers as Azurite does, with the SDKs and without: each test runs on all three."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import EdmType, EntityProperty, TableTransactionError, UpdateMode
from azure.storage.blob import BlobLeaseClient

from local.azure.azurite import Azurite
from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from shared.settings import Settings
from tests.simulation.storage.clients import Line, storage_without_sdk
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage

IF_UNCHANGED = MatchConditions.IfNotModified
ALICE = {"PartitionKey": "lobby", "RowKey": "alice"}
BOB = {"PartitionKey": "lobby", "RowKey": "bob"}


@pytest.fixture(scope="module", params=["memory", "memory without the SDKs", "Azurite"])
def account(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Return an account that is empty, and then used by all tests of this module."""
    if request.param == "memory":
        yield memory_storage(MemoryTransport(MemoryAccount(SystemClock().now)))
        return
    if request.param == "memory without the SDKs":
        yield storage_without_sdk(Line(MemoryAccount(SystemClock().now), tries=1))
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    environment = azurite.environment_of(azurite.unused())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Storage.from_settings(Settings.from_environment(environment))


@pytest.fixture
def table(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.table(f"t{abs(hash(request.node.name))}")


@pytest.fixture
def queue(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.queue(f"q{abs(hash(request.node.name))}")


@pytest.fixture
def container(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.container(f"c{abs(hash(request.node.name))}")


def refusal(call: Callable[[], object]) -> tuple[str, int | None, str]:
    """Return how a call fails: the error of the SDK, its status and the service's code."""
    with pytest.raises(AzureError) as error:
        call()
    code = getattr(error.value, "error_code", None)
    status = error.value.status_code if isinstance(error.value, HttpResponseError) else None
    return type(error.value).__name__, status, str(getattr(code, "value", code))


def test_a_table_that_is_made_again_stays(account: Storage) -> None:
    first = account.table("streams")
    first.create_entity(ALICE)
    again = Storage(account._services).table("streams")

    assert ["alice"] == [row["RowKey"] for row in again.list_entities()]


def test_a_row_has_the_types_that_it_was_written_with(table: Any) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    row = ALICE | {"text": "", "whole": 5, "real": 5.0, "is": True, "at": noon, "raw": b"abc"}
    table.create_entity(row | {"long": EntityProperty(2**40, EdmType.INT64)})

    read = table.get_entity("lobby", "alice")

    assert row == {name: value for name, value in read.items() if name != "long"}
    assert 2**40 == read["long"].value
    assert [float, int, bool] == [type(read[name]) for name in ("real", "whole", "is")]
    assert {"etag", "timestamp"} <= set(read.metadata)


def test_a_row_is_created_once(table: Any) -> None:
    table.create_entity(ALICE)

    assert ("ResourceExistsError", 409) == refusal(lambda: table.create_entity(ALICE))[:2]


def test_every_write_changes_the_etag(table: Any) -> None:
    etags = [table.create_entity(ALICE)["etag"]]
    etags.append(table.upsert_entity(ALICE | {"seen": 1}, mode=UpdateMode.MERGE)["etag"])
    etags.append(table.update_entity(ALICE, mode=UpdateMode.REPLACE)["etag"])

    assert 3 == len(set(etags))
    assert etags[-1] == table.get_entity("lobby", "alice").metadata["etag"]


def test_a_merge_keeps_other_properties_and_a_replacement_does_not(table: Any) -> None:
    table.create_entity(ALICE | {"hub": "lobby", "seen": 1})
    table.upsert_entity(ALICE | {"seen": 2.5}, mode=UpdateMode.MERGE)
    merged = dict(table.get_entity("lobby", "alice"))
    table.upsert_entity(ALICE | {"seen": 3}, mode=UpdateMode.REPLACE)

    assert ALICE | {"hub": "lobby", "seen": 2.5} == merged
    assert ALICE | {"seen": 3} == dict(table.get_entity("lobby", "alice"))


@pytest.mark.parametrize("mode", UpdateMode)
def test_a_conditional_write_is_refused_once_the_row_has_changed(table: Any, mode: UpdateMode) -> None:
    old = table.create_entity(ALICE)["etag"]
    table.upsert_entity(ALICE | {"seen": 1})
    lost = ("ResourceModifiedError", 412, "UpdateConditionNotSatisfied")

    assert lost == refusal(lambda: table.update_entity(ALICE, mode, etag=old, match_condition=IF_UNCHANGED))
    assert lost == refusal(
        lambda: table.delete_entity("lobby", "alice", etag=old, match_condition=IF_UNCHANGED)
    )
    assert 1 == table.get_entity("lobby", "alice")["seen"]


def test_a_conditional_write_is_done_while_the_row_is_unchanged(table: Any) -> None:
    etag = table.create_entity(ALICE)["etag"]
    etag = table.update_entity(ALICE | {"seen": 1}, etag=etag, match_condition=IF_UNCHANGED)["etag"]
    table.delete_entity("lobby", "alice", etag=etag, match_condition=IF_UNCHANGED)

    assert [] == list(table.list_entities())


@pytest.mark.parametrize("mode", UpdateMode)
def test_what_is_not_there_is_not_updated(table: Any, mode: UpdateMode) -> None:
    gone = ("ResourceNotFoundError", 404, "ResourceNotFound")
    conditions = {"etag": 'W/"x"', "match_condition": IF_UNCHANGED}

    assert gone == refusal(lambda: table.get_entity("lobby", "alice"))
    assert gone == refusal(lambda: table.update_entity(ALICE, mode))
    assert gone == refusal(lambda: table.update_entity(ALICE, mode, **conditions))
    assert table.delete_entity("lobby", "alice") is None


def test_keys_that_addresses_must_escape_are_found(table: Any) -> None:
    key = {"PartitionKey": "it's 100 % + more", "RowKey": "öé & ~=;"}
    table.create_entity(key)
    table.update_entity(key | {"seen": 1}, mode=UpdateMode.MERGE)

    assert 1 == table.get_entity(key["PartitionKey"], key["RowKey"])["seen"]
    assert [key | {"seen": 1}] == [
        dict(row)
        for row in table.query_entities("PartitionKey eq @key", parameters={"key": key["PartitionKey"]})
    ]


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b"])
def test_keys_that_no_table_takes_are_refused(table: Any, key: str) -> None:
    assert 400 == refusal(lambda: table.create_entity({"PartitionKey": "lobby", "RowKey": key}))[1]


def test_a_property_that_is_too_large_is_refused(table: Any) -> None:
    table.create_entity(ALICE | {"text": "x" * 32 * 1024})

    assert 400 == refusal(lambda: table.create_entity(BOB | {"text": "x" * (32 * 1024 + 1)}))[1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("PartitionKey eq 'lobby'", "abc"),
        ("PartitionKey eq 'lobby' and RowKey ge 'b'", "bc"),
        ("RowKey lt 'b' or RowKey gt 'c'", "ad"),
        ("PartitionKey eq 'lobby' and (live eq true or RowKey eq 'c')", "ac"),
        ("live eq false", "b"),
        ("number gt 1", "bc"),
        ("number le 1 and live eq true", "a"),
        ("at gt '2026-03-02T12'", "b"),
        ("when ge datetime'2026-03-02T12:00:00Z'", "c"),
        ("nobody eq 'x'", ""),
        ("not (PartitionKey eq 'lobby')", "d"),
    ],
)
def test_a_query_finds_rows_by_their_properties_in_the_order_of_their_keys(
    table: Any, query: str, expected: str
) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for key, own in {
        "c": {"number": 3, "when": noon},
        "b": {"live": False, "number": 2, "at": "2026-03-02T13:00:00.000000Z"},
        "a": {"live": True, "number": 1, "at": "2026-03-02T11:00:00.000000Z"},
    }.items():
        table.create_entity({"PartitionKey": "lobby", "RowKey": key, **own})
    table.create_entity({"PartitionKey": "office", "RowKey": "d"})

    assert list(expected) == [row["RowKey"] for row in table.query_entities(query)]


def test_a_query_takes_its_constants_as_they_are(table: Any) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    table.create_entity(ALICE | {"when": noon, "name": "it's", "live": True, "number": 2})
    texts = {"when le @value": noon, "name eq @value": "it's", "live eq @value": True, "number ge @value": 2}

    assert [1] * 4 == [
        len(list(table.query_entities(text, parameters={"value": value}))) for text, value in texts.items()
    ]


def test_a_query_goes_on_page_by_page_and_shows_what_was_selected(table: Any) -> None:
    for key in "abc":
        table.create_entity({"PartitionKey": "lobby", "RowKey": key, "number": 1, "other": 2})
    pages = [
        [dict(row) for row in page]
        for page in table.query_entities(
            "PartitionKey eq 'lobby'", select=["RowKey", "number"], results_per_page=2
        ).by_page()
    ]

    assert [["a", "b"], ["c"]] == [[row["RowKey"] for row in page] for page in pages]
    assert {"RowKey": "a", "number": 1} == pages[0][0]


def test_a_row_that_is_deleted_between_two_pages_ends_no_query(table: Any) -> None:
    for key in "abc":
        table.create_entity({"PartitionKey": "lobby", "RowKey": key})
    rows = table.query_entities("PartitionKey eq 'lobby'", results_per_page=1)
    first = next(rows)["RowKey"]
    table.delete_entity("lobby", "b")

    assert ["a", "c"] == [first, *(row["RowKey"] for row in rows)]


def test_a_transaction_is_done_whole(table: Any) -> None:
    table.create_entity(BOB)
    answers = table.submit_transaction(
        [
            ("create", ALICE | {"seen": 1.5}),
            ("delete", BOB),
            ("upsert", {"PartitionKey": "lobby", "RowKey": "carol"}, {"mode": UpdateMode.MERGE}),
        ]
    )

    assert ["alice", "carol"] == [row["RowKey"] for row in table.list_entities()]
    assert answers[0]["etag"] == table.get_entity("lobby", "alice").metadata["etag"]
    assert "etag" not in answers[1]


STALE = {"mode": UpdateMode.REPLACE, "etag": 'W/"x"', "match_condition": IF_UNCHANGED}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(("create", BOB), (409, "EntityAlreadyExists"), id="a row that exists"),
        pytest.param(("update", BOB, STALE), (412, "UpdateConditionNotSatisfied"), id="an old ETag"),
        pytest.param(
            ("update", {"PartitionKey": "lobby", "RowKey": "nobody"}, STALE),
            (404, "ResourceNotFound"),
            id="a row that is gone",
        ),
        pytest.param(
            ("delete", {"PartitionKey": "lobby", "RowKey": "alice"}), (400, "InvalidDuplicateRow"), id="twice"
        ),
        pytest.param(
            ("create", {**BOB, "RowKey": "big", "text": "x" * 40_000}),
            (400, "PropertyValueTooLarge"),
            id="too large",
        ),
    ],
)
def test_a_transaction_of_which_one_write_is_refused_changes_nothing(
    table: Any, second: Any, expected: tuple[int, str]
) -> None:
    etag = table.create_entity(BOB)["etag"]

    with pytest.raises(TableTransactionError) as error:
        table.submit_transaction([("create", ALICE), second])

    code = error.value.error_code
    assert expected == (error.value.status_code, str(getattr(code, "value", code)))
    assert 1 == error.value.index
    assert ["bob"] == [row["RowKey"] for row in table.list_entities()]
    assert etag == table.get_entity("lobby", "bob").metadata["etag"]


def test_a_transaction_takes_a_hundred_writes(table: Any) -> None:
    changes = [("create", {"PartitionKey": "lobby", "RowKey": f"{number:03}"}) for number in range(100)]

    table.submit_transaction(changes)

    assert 100 == len(list(table.list_entities()))


def test_a_queue_that_is_made_again_stays(account: Storage) -> None:
    account.queue("notices").send_message("hello")

    assert ["hello"] == [m.content for m in Storage(account._services).queue("notices").peek_messages()]


def test_a_message_is_hidden_while_it_is_taken_and_counted(queue: Any) -> None:
    queue.send_message('{"alert": "<1> & ü"}', time_to_live=-1)
    first = next(iter(queue.receive_messages(visibility_timeout=60)))

    assert ('{"alert": "<1> & ü"}', 1) == (first.content, first.dequeue_count)
    assert [] == list(queue.receive_messages())
    assert [] == list(queue.peek_messages())
    assert 1 == queue.get_queue_properties().approximate_message_count


def test_a_message_that_is_shown_again_has_another_receipt(queue: Any) -> None:
    queue.send_message("hello")
    first = next(iter(queue.receive_messages(visibility_timeout=60)))
    queue.update_message(first, visibility_timeout=0)
    second = next(iter(queue.receive_messages(visibility_timeout=60)))

    assert (2, first.id) == (second.dequeue_count, second.id)
    assert ("HttpResponseError", 400, "PopReceiptMismatch") == refusal(
        lambda: queue.delete_message(first.id, first.pop_receipt)
    )
    queue.delete_message(second)
    assert ("ResourceNotFoundError", 404, "MessageNotFound") == refusal(lambda: queue.delete_message(second))
    assert ("ResourceNotFoundError", 404, "MessageNotFound") == refusal(
        lambda: queue.update_message(second, visibility_timeout=0)
    )


def test_an_update_may_change_the_text(queue: Any) -> None:
    queue.send_message("before")
    message = next(iter(queue.receive_messages(visibility_timeout=60)))
    queue.update_message(message, content="after", visibility_timeout=0)

    assert ["after"] == [message.content for message in queue.receive_messages()]


def test_a_message_that_is_sent_hidden_is_not_there_yet(queue: Any) -> None:
    queue.send_message("later", visibility_timeout=60)
    queue.send_message("now")

    assert ["now"] == [message.content for message in queue.receive_messages()]


def test_messages_are_taken_in_order_and_no_more_than_wanted(queue: Any) -> None:
    for text in "abc":
        queue.send_message(text)
    batch = next(queue.receive_messages(messages_per_page=2, max_messages=2).by_page())

    assert ["a", "b"] == [message.content for message in batch]
    queue.clear_messages()
    assert 0 == queue.get_queue_properties().approximate_message_count


def test_a_message_of_more_than_64_kb_is_refused(queue: Any) -> None:
    queue.send_message("x" * 65_536)

    assert 413 == refusal(lambda: queue.send_message("x" * 65_537))[1]


def test_a_queue_that_is_not_there_takes_nothing(account: Storage) -> None:
    nowhere = account._services.queues.get_queue_client("nowhere")

    assert ("ResourceNotFoundError", 404, "QueueNotFound") == refusal(lambda: nowhere.send_message("x"))


def test_a_container_that_is_made_again_stays(account: Storage) -> None:
    account.container("documents").upload_blob("a", b"hello")

    assert b"hello" == Storage(account._services).container("documents").download_blob("a").readall()


def test_a_blob_is_made_once_unless_it_is_to_be_overwritten(container: Any) -> None:
    container.upload_blob("alerts/1.json", b"first", overwrite=False)

    assert ("ResourceExistsError", 409, "BlobAlreadyExists") == refusal(
        lambda: container.upload_blob("alerts/1.json", b"second", overwrite=False)
    )
    container.upload_blob("alerts/1.json", b"third", overwrite=True)
    assert b"third" == container.download_blob("alerts/1.json").readall()


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_blob_is_read_as_it_was_written(container: Any, size: int) -> None:
    container.upload_blob("keys", b"k" * size, overwrite=True)

    assert b"k" * size == container.download_blob("keys").readall()
    assert size == container.get_blob_client("keys").get_blob_properties().size


def test_a_blob_that_has_changed_is_not_replaced(container: Any) -> None:
    container.upload_blob("keys", b"1")
    old = container.download_blob("keys").properties.etag
    conditions = {"overwrite": True, "etag": old, "match_condition": IF_UNCHANGED}
    container.upload_blob("keys", b"2", **conditions)
    lost = ("ResourceModifiedError", 412, "ConditionNotMet")

    assert lost == refusal(lambda: container.upload_blob("keys", b"3", **conditions))
    assert b"2" == container.download_blob("keys").readall()


def test_a_blob_that_has_not_changed_is_not_sent_again(container: Any) -> None:
    container.upload_blob("resources.yaml", b"resources: []", metadata={"origin": "package"})
    properties = container.download_blob("resources.yaml").properties
    unless = {"etag": properties.etag, "match_condition": MatchConditions.IfModified}

    assert ("ResourceModifiedError", 304) == refusal(
        lambda: container.download_blob("resources.yaml", **unless)
    )[:2]
    assert {"origin": "package"} == properties.metadata
    assert abs(SystemClock().now() - properties.last_modified) < timedelta(hours=1)
    container.upload_blob("resources.yaml", b"resources: [lobby]", overwrite=True)
    again = container.download_blob("resources.yaml", **unless)
    assert (b"resources: [lobby]", {}) == (again.readall(), again.properties.metadata or {})


def test_a_snapshot_is_taken_of_what_has_not_changed(container: Any) -> None:
    container.upload_blob("keys", b"1")
    blob = container.get_blob_client("keys")
    old = {"etag": container.download_blob("keys").properties.etag, "match_condition": IF_UNCHANGED}
    blob.create_snapshot(**old)
    blob.upload_blob(b"2", overwrite=True, **old)

    assert ("ResourceModifiedError", 412) == refusal(lambda: blob.create_snapshot(**old))[:2]
    assert b"2" == blob.download_blob().readall()


def test_a_blob_that_is_gone_is_neither_read_nor_deleted(container: Any) -> None:
    gone = ("ResourceNotFoundError", 404, "BlobNotFound")

    assert gone == refusal(lambda: container.download_blob("nothing"))
    assert gone == refusal(lambda: container.delete_blob("nothing"))


def test_blobs_are_listed_by_the_beginning_of_their_names(container: Any) -> None:
    for name in ("b/2", "a/1", "b/1 & <ü>"):
        container.upload_blob(name, b"")
    container.delete_blob("b/2")

    assert ["b/1 & <ü>"] == [blob.name for blob in container.list_blobs(name_starts_with="b/")]


def test_a_leased_blob_is_written_by_its_holder_alone(container: Any) -> None:
    container.upload_blob("lock", b"1")
    blob = container.get_blob_client("lock")
    if not hasattr(blob, "acquire_lease"):
        pytest.skip("the app leases no blob, and so the clients without SDKs cannot")
    lease = blob.acquire_lease(15)
    earlier = BlobLeaseClient(blob, lease.id)

    assert ("ResourceExistsError", 409, "LeaseAlreadyPresent") == refusal(lambda: blob.acquire_lease(15))
    assert 412 == refusal(lambda: container.upload_blob("lock", b"2", overwrite=True))[1]
    container.upload_blob("lock", b"3", overwrite=True, lease=lease)
    lease.renew()
    lease.release()
    assert 409 == refusal(earlier.renew)[1]
    container.upload_blob("lock", b"4", overwrite=True)
    assert b"4" == container.download_blob("lock").readall()


class MovedClock:
    """A clock that a test moves."""

    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def test_in_memory_what_was_hidden_is_there_again_when_its_time_has_passed() -> None:
    clock = MovedClock()
    storage = memory_storage(MemoryTransport(MemoryAccount(clock.now)))
    queue, container = storage.queue("work"), storage.container("locks")
    queue.send_message("hello")
    queue.send_message("short", time_to_live=20)
    taken = next(iter(queue.receive_messages(visibility_timeout=30)))
    container.upload_blob("lock", b"")
    container.get_blob_client("lock").acquire_lease(15)
    clock.moment += timedelta(seconds=31)

    assert [("hello", 2)] == [(m.content, m.dequeue_count) for m in queue.receive_messages()]
    assert taken.dequeue_count == 1
    container.get_blob_client("lock").acquire_lease(15)


def test_rows_are_found_by_when_they_were_written(table: Any) -> None:
    table.create_entity(ALICE)
    now = SystemClock().now()

    def before(moment: datetime) -> int:
        return len(list(table.query_entities("Timestamp lt @moment", parameters={"moment": moment})))

    assert (0, 1) == (before(now - timedelta(hours=1)), before(now + timedelta(hours=1)))


@pytest.mark.parametrize("due", [None, 7, True, "later"], ids=repr)
def test_what_a_filter_denies_need_not_be_there_or_of_its_type(table: Any, due: object) -> None:
    table.upsert_entity({**ALICE, "due": due} if due is not None else ALICE, mode=UpdateMode.REPLACE)

    found = list(table.query_entities("PartitionKey eq 'lobby' and not (due gt '2026')"))

    assert (0 if due == "later" else 1) == len(found)


def test_blobs_are_listed_with_the_time_of_their_last_change(container: Any) -> None:
    began = SystemClock().now() - timedelta(seconds=2)
    container.upload_blob("reports/a", b"1")
    container.upload_blob("notices/a", b"1")

    (blob,) = container.list_blobs(name_starts_with="reports/")

    assert "reports/a" == blob.name
    assert began <= blob.last_modified <= SystemClock().now() + timedelta(seconds=2)
