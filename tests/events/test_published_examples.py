"""The examples of the two reference pages, with and without the header that only the service sends.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events
https://learn.microsoft.com/azure/azure-web-pubsub/reference-mqtt-cloud-events
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.events.cloud_event import EventKind, event_of
from tests.events.lobby import Line, event_headers

VERSIONS = pytest.mark.parametrize(
    "version", [None, "1.0"], ids=["as in the reference", "as the service sends"]
)
CONNECT = {"claims": {}, "query": {}, "headers": {}, "subprotocols": [], "clientCertificates": [{"thumbprint": "3c", "content": "-----BEGIN CERTIFICATE-----\r\n"}]}  # fmt: skip
MQTT_CONNECT = {
    "mqtt": {"protocolVersion": 4, "cleanStart": True, "username": None, "password": None, "userProperties": None},
    "claims": {"type1": ["value1"]},
    "query": {"queryKey1": ["queryValue1"]},
    "headers": {"Connection": ["Upgrade"]},
    "subprotocols": ["mqtt"],
    "clientCertificates": [],
}  # fmt: skip


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def published(kind: str, name: str, version: str | None, **more: str) -> dict[str, str]:
    """Return the headers of an example, which all happen on the first day of 2021."""
    headers = {**event_headers(kind, name), "ce-time": "2021-01-01T00:00:00Z"}
    extra = {f"ce-{header}": value for header, value in more.items()}
    return {**headers, **extra, **({} if version is None else {"ce-awpsversion": version})}


def of_mqtt(headers: Mapping[str, str], session: str | None = "s-1") -> dict[str, str]:
    changed = {name: value for name, value in headers.items() if name != "ce-userid"}
    changed |= {"ce-physicalconnectionid": "p-1", "ce-subprotocol": "mqtt"}
    return changed if session is None else {**changed, "ce-sessionid": session}


@VERSIONS
def test_connect_is_answered_with_groups_and_roles(line: Line, version: str | None) -> None:
    answer = line.send(published("sys", "connect", version), json.dumps(CONNECT).encode())

    assert (200, "application/json") == (answer.status, answer.content_type)
    assert {"groups": ["staff"], "roles": ["webpubsub.sendToGroup.staff"]} == json.loads(answer.body)


@VERSIONS
@pytest.mark.parametrize(
    ("name", "body"), [("connected", b"{}"), ("disconnected", b'{"reason": "{Reason}"}')]
)
def test_a_connection_that_begins_or_ends_is_taken(
    line: Line, version: str | None, name: str, body: bytes
) -> None:
    answer = line.send(
        published("sys", name, version, subprotocol="abc", connectionstate="eyJrZXkiOiJhIn0="), body
    )

    assert (204, b"") == (answer.status, answer.body)


@VERSIONS
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/octet-stream", b"\x00\xff<binary data>"),
        ("text/plain", "text data, also ä".encode()),
        ("application/json", b'{"hello": "world"}'),
    ],
)
def test_what_a_client_sends_is_answered_in_its_type(
    line: Line, version: str | None, kind: str, body: bytes
) -> None:
    headers = published(
        "user", "message", version, source="/client/c-1", subprotocol="json.webpubsub.azure.v1"
    )
    answer = line.send({**headers, "content-type": kind}, body)

    assert (200, kind, body) == (answer.status, answer.content_type, answer.body)


@VERSIONS
def test_an_mqtt_client_that_nobody_signed_in_is_not_authorized(line: Line, version: str | None) -> None:
    headers = of_mqtt(published("sys", "connect", version), session=None)
    answer = line.send(headers, json.dumps(MQTT_CONNECT).encode())

    assert (401, "application/json") == (answer.status, answer.content_type)
    assert {"mqtt": {"code": 5, "reason": "not authorized"}} == json.loads(answer.body)


def test_the_code_of_a_refusal_goes_by_the_version_of_mqtt(line: Line) -> None:
    mqtt = {**MQTT_CONNECT["mqtt"], "protocolVersion": 5}
    headers = of_mqtt(published("sys", "connect", None), session=None)
    answer = line.send(headers, json.dumps({**MQTT_CONNECT, "mqtt": mqtt}).encode())

    assert 0x87 == json.loads(answer.body)["mqtt"]["code"]


def test_an_mqtt_client_with_a_user_may_connect(line: Line) -> None:
    headers = of_mqtt(published("sys", "connect", None), session=None) | {"ce-userid": "ada@contoso.com"}
    answer = line.send(headers, json.dumps(MQTT_CONNECT).encode())

    assert {"groups": ["staff"], "roles": ["webpubsub.sendToGroup.staff"]} == json.loads(answer.body)


@VERSIONS
def test_the_end_of_an_mqtt_session_is_taken(line: Line, version: str | None) -> None:
    packet = {"code": 0, "userProperties": [{"name": "name1", "value": "value1"}]}
    body = {"reason": "", "mqtt": {"initiatedByClient": True, "disconnectPacket": packet}}
    answer = line.send(of_mqtt(published("sys", "disconnected", version)), json.dumps(body).encode())

    assert (204, "normal") == (answer.status, line.only_row().end)


def test_what_an_mqtt_client_publishes_has_its_properties() -> None:
    headers = of_mqtt(published("user", "order", "1.0")) | {"mqtt-table": "12", "content-type": "text/plain"}
    event = event_of(headers, b"tea")

    assert (EventKind.USER, "order", True, {"table": "12"}) == (
        event.kind,
        event.name,
        event.is_mqtt,
        event.properties,
    )
    assert ("s-1", "p-1", "text/plain") == (event.session, event.physical_connection, event.content_type)


def test_a_time_with_seven_digits_is_a_time() -> None:
    headers = {**event_headers("sys", "connected"), "ce-time": "2026-03-02T12:01:02.1234567Z"}

    assert datetime(2026, 3, 2, 12, 1, 2, 123456, UTC) == event_of(headers, b"").time


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_a_validation_is_answered_with_the_one_origin_that_asks(line: Line, method: str) -> None:
    answer = line.send({"webhook-request-origin": "Lobby.webpubsub.azure.com"}, b"", method=method)

    assert (200, "Lobby.webpubsub.azure.com") == (answer.status, answer.all_headers["WebHook-Allowed-Origin"])
    assert {} == line.rows.kept


def test_of_several_origins_the_one_that_is_allowed_is_answered(line: Line) -> None:
    origins = "elsewhere.example, lobby.webpubsub.azure.com,another.example"
    answer = line.send({"webhook-request-origin": origins}, b"", method="OPTIONS")

    assert "lobby.webpubsub.azure.com" == answer.all_headers["WebHook-Allowed-Origin"]
