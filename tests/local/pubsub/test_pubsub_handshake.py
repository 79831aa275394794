"""Who is let in, and what is refused before the upgrade."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from pubsub_stage import JSON, RELIABLE, MemoryRows, handshake_status, open_client, receive, token, wait_until

from local.pubsub.hubs import Hub
from local.pubsub.service import PubSubService

HOUR = timedelta(hours=1)


def refusal(service: PubSubService, access_token: str, hub: str = "lobby", **query: str) -> int:
    return handshake_status(service, hub, access_token=access_token, **query)


def at(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize("key", ["primary", "secondary"])
def test_takes_a_token_of_either_key(service: PubSubService, key: str) -> None:
    with open_client(service, access_token=token(service, key=getattr(service.keys, key))) as client:
        greeting = receive(client)

    assert ("system", "connected", "alice") == (greeting["type"], greeting["event"], greeting["userId"])


def test_refuses_a_token_of_a_regenerated_key_and_takes_that_of_the_other(service: PubSubService) -> None:
    former, other = token(service), token(service, key=service.keys.secondary)
    service.keys.regenerate("primary")

    assert 401 == refusal(service, former)
    with open_client(service, access_token=other) as client:
        assert "connected" == receive(client)["event"]


def test_refuses_both_keys_where_local_authentication_is_off(service: PubSubService) -> None:
    service.keys.enabled = False

    assert 401 == refusal(service, token(service))


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        pytest.param({"exp": at(datetime.now(UTC) - HOUR)}, "unpublished/T4", id="expired"),
        pytest.param({"nbf": at(datetime.now(UTC) + HOUR)}, "unpublished/T4", id="not good yet"),
        pytest.param({"exp": None}, "unpublished/T4", id="without an end"),
        pytest.param({"exp": "tomorrow"}, "unpublished/T4", id="with an end that is no number"),
        pytest.param({"exp": 10**30}, "unpublished/T4", id="with an end beyond all dates"),
        pytest.param({"aud": None}, "Failed to validate audience. Expected Audiences: ", id="without an audience"),
        pytest.param({"aud": "https://floor.example/client/hubs/lobby"}, "Failed to validate audience. Expected Audiences: ", id="for another host"),
    ],
)  # fmt: skip
def test_refuses_a_token_before_the_upgrade_and_logs_why(
    service: PubSubService, rows: MemoryRows, claims: dict[str, object], text: str
) -> None:
    status = refusal(service, token(service, **claims))

    ((logged,),) = rows.of("WebPubSubConnectivity", "Message")
    requests = rows.of("WebPubSubHttpRequest", "StatusCode", "Message")
    assert (401, True, [("401", logged)]) == (status, str(logged).startswith(text), requests)


def test_names_both_audiences_where_the_hub_is_another(service: PubSubService, rows: MemoryRows) -> None:
    refusal(service, token(service, "lobby"), hub="trading-floor".replace("-", "_"))

    expected = f"{service.endpoint}/client/hubs/trading_floor"
    actual = f"{service.endpoint}/client/hubs/lobby"
    assert [
        (f"Failed to validate audience. Expected Audiences: {expected}. Actual Audiences: {actual}",)
    ] == rows.of("WebPubSubConnectivity", "Message")


def test_takes_the_hub_of_a_token_in_any_case(service: PubSubService) -> None:
    with open_client(service, "LOBBY", access_token=token(service, "lobby")) as client:
        assert "connected" == receive(client)["event"]


def test_refuses_tokens_without_a_signature_or_with_another_kind_of_it(service: PubSubService) -> None:
    claims = jwt.decode(token(service), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, "none")
    other_kind = jwt.encode(claims, service.keys.primary, "HS512")

    assert {401} == {refusal(service, each) for each in (unsigned, other_kind, "a.b.c", "nonsense", "")}


def test_takes_a_client_without_a_token_only_where_the_hub_says_so(service: PubSubService) -> None:
    service.hubs["kiosk"] = Hub(anonymous=True)

    assert 401 == refusal(service, "", hub="lobby")
    with open_client(service, "kiosk", access_token="") as client:
        assert "userId" not in receive(client)


def test_refuses_a_hub_with_a_name_that_cannot_be(service: PubSubService, rows: MemoryRows) -> None:
    assert 400 == refusal(service, token(service), hub="1obby")
    assert [("400", "unpublished/H1")] == rows.of("WebPubSubHttpRequest", "StatusCode", "Message")


def test_refuses_more_connections_than_the_quota_and_takes_one_when_one_has_left(
    service: PubSubService, rows: MemoryRows
) -> None:
    service.hubs["lobby"] = Hub(quota=1)
    with open_client(service) as first:
        receive(first)
        assert 429 == refusal(service, token(service))
    assert ("ConnectionAborted", "Connection count reaches limit") in rows.of(
        "WebPubSubConnectivity", "OperationName", "Message"
    )
    wait_until(lambda: not service.connections("lobby"))
    with open_client(service) as next_one:
        assert "connected" == receive(next_one)["event"]


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        pytest.param([JSON], JSON, id="plain"),
        pytest.param([RELIABLE], RELIABLE, id="reliable"),
        pytest.param(["chat.v2", RELIABLE, JSON], RELIABLE, id="the first that it speaks"),
        pytest.param([], None, id="none"),
    ],
)
def test_agrees_on_the_first_subprotocol_that_it_speaks(
    service: PubSubService, offered: list[str], agreed: str | None
) -> None:
    with open_client(service, protocols=offered) as client:
        assert agreed == client.subprotocol


def test_refuses_a_client_that_offers_only_what_it_does_not_speak(service: PubSubService) -> None:
    assert 400 == handshake_status(service, protocols=["protobuf.webpubsub.azure.v1"])


@pytest.mark.parametrize("query", [{"webpubsub_mode": "shout"}, {"webpubsub_mode": "sendToGroup"}, {"webpubsub_mode": "sendToGroup", "group": "room", "noEcho": "perhaps"}])  # fmt: skip
def test_refuses_a_raw_mode_that_is_not_described(service: PubSubService, query: dict[str, str]) -> None:
    assert 400 == refusal(service, token(service), **query)


def test_logs_no_token(service: PubSubService, rows: MemoryRows) -> None:
    with open_client(service) as client:
        receive(client)

    ((url, status),) = rows.of("WebPubSubHttpRequest", "Url", "StatusCode")
    assert (f"{service.endpoint}/client/hubs/lobby", "101") == (url, status)
