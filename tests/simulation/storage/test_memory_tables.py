"""Tables in memory answer as Azurite's do, with the SDK and without: each test runs on all three."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.data.tables import EdmType, EntityProperty, TableTransactionError, UpdateMode

from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from tests.simulation.storage.refused import refusal

IF_UNCHANGED = MatchConditions.IfNotModified
ALICE = {"PartitionKey": "lobby", "RowKey": "alice"}
BOB = {"PartitionKey": "lobby", "RowKey": "bob"}


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
