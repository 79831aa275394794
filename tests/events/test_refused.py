"""Forged, unsigned, foreign and unreadable requests are refused, change nothing, and learn nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.events.receive import MOST_BYTES
from shared.events.signature import access_key, is_signed
from tests.events.lobby import HOST, PRIMARY, SECONDARY, Line, event_headers, signature

EXAMPLES = settings(
    max_examples=150, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


@pytest.mark.parametrize("key", [PRIMARY, SECONDARY])
def test_a_signature_by_either_key_is_good(line: Line, key: str) -> None:
    headers = {**event_headers("sys", "connected"), "ce-signature": signature("c-1", key)}

    assert 204 == line.send(headers).status


@pytest.mark.parametrize("missing", ["WEB_PUBSUB_CONNECTION", "WEB_PUBSUB_CONNECTION_SECONDARY"])
def test_a_key_can_be_regenerated_while_the_other_is_known(line: Line, missing: str) -> None:
    line.settings = {name: value for name, value in line.settings.items() if name != missing}

    assert 204 == line.send(event_headers("sys", "connected")).status


def test_letters_of_a_signature_may_be_large(line: Line) -> None:
    headers = event_headers("sys", "connected")

    assert 204 == line.send({**headers, "ce-signature": headers["ce-signature"].upper()}).status


GOOD = signature("c-1")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "sha256=",
        "sha256=,sha256=",
        ",",
        signature("c-2"),
        signature("c-1", "another key"),
        signature("c-1", ""),
        GOOD.replace("sha256=", ""),
        GOOD.replace("sha256=", "sha1="),
        GOOD[:-1].partition(",")[0][:-1],
        "sha256=" + "ä" * 64,
        ",".join(["sha256=00"] * 5) + "," + GOOD,
    ],
)
def test_a_forged_or_missing_signature_is_401(line: Line, forged: str) -> None:
    answer = line.send({**event_headers("sys", "connected"), "ce-signature": forged})

    assert (401, b"", {}) == (answer.status, answer.body, line.rows.kept)


def test_without_any_key_nothing_is_good_and_the_service_asks_again(line: Line) -> None:
    line.settings = {}
    for forged in (GOOD, signature("c-1", ""), ""):
        answer = line.send({**event_headers("sys", "connected"), "ce-signature": forged})

        assert (503, "1", {}) == (answer.status, answer.all_headers["Retry-After"], line.rows.kept)


@pytest.mark.parametrize(
    "origin",
    ["", "*", "evil.example", f"{HOST}.evil.example", f"evil-{HOST}", f"https://{HOST}", "null", "," * 9_000],
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_a_foreign_origin_is_403(line: Line, method: str, origin: str) -> None:
    answer = line.send({**event_headers("sys", "connected"), "webhook-request-origin": origin}, method=method)

    assert (403, b"", {}) == (answer.status, answer.body, line.rows.kept)
    assert "WebHook-Allowed-Origin" not in answer.all_headers


def test_a_hub_that_stands_in_no_entry_is_not_validated(line: Line) -> None:
    answer = line.send({"webhook-request-origin": HOST}, b"", "chatt", "OPTIONS")

    assert (403, {}) == (answer.status, answer.all_headers)


def test_a_hub_that_stands_in_no_entry_is_404_and_counts_as_failed(line: Line) -> None:
    answer = line.send(event_headers("sys", "connect", hub="chatt"), hub="chatt")

    assert 404 == answer.status
    assert ("", "unknown hub") == (line.only_row().hub, line.only_row().failure)


def test_the_hub_of_the_address_must_be_that_of_the_event(line: Line) -> None:
    assert 400 == line.send(event_headers("sys", "connect"), hub="door").status


def test_hubs_are_compared_in_any_case(line: Line) -> None:
    assert 204 == line.send(event_headers("sys", "connected", hub="CHAT"), hub="Chat").status


@pytest.mark.parametrize(
    "changed",
    [
        {"ce-specversion": "0.3"},
        {"ce-specversion": ""},
        {"ce-type": "azure.webpubsub.sys.connect"},
        {"ce-type": "azure.webpubsub.sys.validate", "ce-eventname": "validate"},
        {"ce-type": "azure.webpubsub.sys.user", "ce-eventname": "user"},
        {"ce-type": "connected"},
        {"ce-eventname": ""},
        {"ce-id": ""},
        {"ce-hub": ""},
        {"ce-connectionid": ""},
        {"ce-connectionid": "c" * 9_000},
    ],
)
def test_what_is_no_event_is_400(line: Line, changed: Mapping[str, str]) -> None:
    answer = line.send({**event_headers("sys", "connected"), **changed})

    assert (400, b"", {}) == (answer.status, answer.body, line.rows.kept)


@pytest.mark.parametrize("name", ["connect", "disconnected"])
@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"\xff",
        b"7",
        b"[" * 50_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_signed_event_that_cannot_be_read_is_400_and_counts_as_failed(
    line: Line, name: str, body: bytes
) -> None:
    answer = line.send(event_headers("sys", name), body)

    assert (400, "unreadable") == (answer.status, line.only_row().failure)


def test_a_body_is_bounded(line: Line) -> None:
    headers = event_headers("user", "message")

    assert 413 == line.send(headers, b"x" * (MOST_BYTES + 1)).status
    assert {} == line.rows.kept


def test_a_client_event_named_as_a_system_event_is_a_client_event(line: Line) -> None:
    answer = line.send(event_headers("user", "connect"))

    assert (404, "no handler") == (answer.status, line.only_row().failure)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        (f"Endpoint=https://{HOST};AccessKey={SECONDARY};Version=1.0;", SECONDARY),
        (f"endpoint=https://{HOST} ; accesskey = {PRIMARY}", PRIMARY),
        (SECONDARY, SECONDARY),
        ("Endpoint=https://lobby;AuthType=azure.msi;Version=1.0;", None),
        (" ", None),
        ("Endpoint=https://lobby;AccessKey=;", None),
    ],
)
def test_the_key_of_a_setting(setting: str, key: str | None) -> None:
    assert key == access_key(setting)


@EXAMPLES
@given(header=st.text(max_size=200), connection=st.text(max_size=50))
@example(header="sha256=" + "0" * 64, connection="\ud800")
def test_no_text_is_a_signature(header: str, connection: str) -> None:
    assert not is_signed(header, connection, [PRIMARY, SECONDARY])


ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted(
    {*event_headers("sys", "connect"), "ce-physicalconnectionid", "ce-subprotocol", "authorization"}
)


@EXAMPLES
@given(headers=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60)), body=st.binary(max_size=200))
def test_any_headers_are_answered(line: Line, headers: dict[str, str], body: bytes) -> None:
    assert line.send(headers, body).status in {400, 401, 403}


@EXAMPLES
@given(name=st.sampled_from(NAMES), value=st.text(max_size=300), number=st.integers(0, 10**6))
def test_any_value_of_a_header_of_a_good_event_is_answered(
    line: Line, name: str, value: str, number: int
) -> None:
    headers = {**event_headers("sys", "connect", number=number), name: value}
    answer = line.send(headers, b'{"claims": {}}')

    assert answer.status in {200, 204, 400, 401, 403, 404}
    assert answer.status not in {401, 403} or b"" == answer.body or "mqtt" in json.loads(answer.body)


@EXAMPLES
@given(
    name=st.sampled_from(["connect", "connected", "disconnected"]),
    body=st.dictionaries(
        st.sampled_from(["claims", "subprotocols", "mqtt", "reason", "query", "headers"]),
        ANYTHING,
        max_size=6,
    ),
    mqtt=st.booleans(),
    number=st.integers(0, 10**9),
)
@example(name="disconnected", body={"mqtt": {"disconnectPacket": {"code": True}}}, mqtt=True, number=7)
@example(name="connect", body={"claims": {"plan": ["gold"], "member": [7]}}, mqtt=False, number=8)
def test_any_body_of_a_good_event_is_answered(
    line: Line, name: str, body: dict[str, Any], mqtt: bool, number: int
) -> None:
    headers = event_headers("sys", name, number=number) | ({"ce-physicalconnectionid": "p"} if mqtt else {})
    answer = line.send(headers, json.dumps(body).encode())

    assert answer.status in {200, 204, 400, 401}
