import json

from local.exports.redacted_rows import ExportedRow, RowRedaction
from shared.redaction import UserIds

ALICE = UserIds("salt").name("alice")
BRANCH = UserIds("salt").name("203.0.113.9")


def cleaned(*rows: ExportedRow, table: str = "WebPubSubConnectivity") -> list[dict[str, object]]:
    redaction = RowRedaction(UserIds("salt"), lambda _: frozenset({"Properties"}))
    redaction.learn(table, rows)
    return [redaction.clean(table, row) for row in rows]


def test_a_user_has_the_same_hash_in_columns_and_in_texts() -> None:
    user_row, message_row = cleaned({"UserId": "alice"}, {"Message": "alice was refused, alicebob was not"})

    assert {"UserId": ALICE} == user_row
    assert {"Message": f"{ALICE} was refused, alicebob was not"} == message_row


def test_secrets_are_cut_out_of_texts_and_of_nested_json() -> None:
    properties = json.dumps(
        {"url": "wss://lobby/?access_token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "n": 3}
    )

    (row,) = cleaned({"Properties": properties, "Message": "Authorization: Bearer abcdefgh12345678"})

    assert "eyJ" not in json.dumps(row)
    assert "abcdefgh12345678" not in json.dumps(row)
    assert 3 == row["Properties"]["n"]  # type: ignore[index]


def test_users_in_nested_json_are_hidden_too() -> None:
    (row,) = cleaned({"Properties": '{"participants": [{"identifier": "alice"}], "said": "hello alice"}'})

    assert {"Properties": {"participants": [{"identifier": ALICE}], "said": f"hello {ALICE}"}} == row


def test_addresses_are_hidden_and_still_tell_places_apart() -> None:
    here, there = cleaned({"CallerIpAddress": "203.0.113.9"}, {"CallerIpAddress": "198.51.100.7"})

    assert {"CallerIpAddress": BRANCH} == here
    assert here != there


def test_leaves_what_checks_read_and_drops_empty_cells() -> None:
    message = "Connection ping timeout"

    assert [{"Message": message, "Count": 0}] == cleaned(
        {"Message": message, "Count": 0, "Level": "", "X": None}
    )
