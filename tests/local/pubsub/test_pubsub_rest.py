"""The data plane, as the published Python SDK calls it, and what it refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from pubsub_stage import JSON, MemoryRows, open_client, receive, receive_kind, token
from websockets.exceptions import ConnectionClosed

from local.azure.identity import Identity
from local.machine.certificates import certificate
from local.pubsub.service import PubSubService

SCOPE = "https://webpubsub.azure.com"


class EntraCredential:
    """A credential whose tokens a small Azure's identity issued."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        value, expires = self._identity.issue(scopes[0].removesuffix("/.default"))
        return AccessToken(value, int(expires.timestamp()))


@pytest.fixture
def rows() -> MemoryRows:
    return MemoryRows()


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest.fixture
def service(rows: MemoryRows, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Iterator[PubSubService]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    with PubSubService(rows_to=rows, identity=identity) as service:
        yield service


@pytest.fixture
def sdk(service: PubSubService) -> WebPubSubServiceClient:
    return WebPubSubServiceClient.from_connection_string(service.connection_string(), "lobby")


def with_entra(service: PubSubService, identity: Identity) -> WebPubSubServiceClient:
    return WebPubSubServiceClient(service.endpoint, "lobby", EntraCredential(identity))


def test_says_that_it_is_healthy_to_anyone(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    address = f"{service.endpoint}/api/health"

    assert 200 == sdk.send_request(HttpRequest("HEAD", address)).status_code
    assert 200 == requests.head(address, timeout=10).status_code


def test_sends_to_all_a_user_a_group_and_a_connection(
    service: PubSubService, sdk: WebPubSubServiceClient
) -> None:
    with open_client(service) as alice, open_client(service, access_token=token(service, sub="bob")) as bob:
        alice_id, bob_id = receive(alice)["connectionId"], receive(bob)["connectionId"]
        sdk.add_connection_to_group("room", alice_id)
        sdk.send_to_all({"n": 1}, excluded=[bob_id])
        sdk.send_to_user("alice", "to alice", content_type="text/plain")
        sdk.send_to_group("room", "to the room", content_type="text/plain", filter="userId ne 'bob'")
        sdk.send_to_connection(bob_id, b"\x00\x01", content_type="application/octet-stream")

        of_alice = [receive_kind(alice, "message") for _ in range(3)]
        assert [{"n": 1}, "to alice", "to the room"] == [frame["data"] for frame in of_alice]
        assert [None, None, "room"] == [frame.get("group") for frame in of_alice]
        assert ("binary", "AAE=") == ((frame := receive_kind(bob, "message"))["dataType"], frame["data"])


def test_sending_to_nobody_succeeds(sdk: WebPubSubServiceClient) -> None:
    sdk.send_to_user("nobody", "x", content_type="text/plain")
    sdk.send_to_group("nowhere", "x", content_type="text/plain")
    sdk.send_to_connection("none", "x", content_type="text/plain")


def test_says_what_exists(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    with open_client(service, access_token=token(service, sub="a/b c")) as client:
        connection_id = receive(client)["connectionId"]
        sdk.add_user_to_group("room", "a/b c")

        assert [True, True, True] == [sdk.connection_exists(connection_id), sdk.user_exists("a/b c"), sdk.group_exists("room")]  # fmt: skip
        assert [False, False, False] == [
            sdk.connection_exists("x"),
            sdk.user_exists("bob"),
            sdk.group_exists("x"),
        ]
        assert [(connection_id, "a/b c")] == [(each.connection_id, each.user_id) for each in sdk.list_connections(group="room")]  # fmt: skip
        sdk.remove_user_from_all_groups("a/b c")
        assert not sdk.group_exists("room")


def test_closes_connections_with_a_reason(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    with open_client(service) as client:
        connection_id = receive(client)["connectionId"]
        sdk.close_connection(connection_id, reason="go home")

        assert "go home" == receive_kind(client, "system")["message"]
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
    assert not sdk.connection_exists(connection_id)


@pytest.mark.parametrize("whom", ["all", "user", "group"])
def test_closes_all_of_a_kind_but_those_that_are_excluded(
    service: PubSubService, sdk: WebPubSubServiceClient, whom: str
) -> None:
    groups = {"webpubsub.group": ["room"]}
    with (
        open_client(service, access_token=token(service, **groups)) as first,
        open_client(service, access_token=token(service, **groups)) as second,
    ):
        receive(first)
        staying = receive(second)["connectionId"]
        if whom == "all":
            sdk.close_all_connections(excluded=[staying])
        elif whom == "user":
            sdk.close_user_connections("alice", excluded=[staying])
        else:
            sdk.close_group_connections("room", excluded=[staying])

        assert [staying] == service.connections()


def test_grants_checks_and_revokes_a_permission(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    with open_client(service, access_token=token(service, role=None)) as client:
        connection_id = receive(client)["connectionId"]
        asked = ("sendToGroup", connection_id)
        before = sdk.has_permission(*asked, target_name="room")
        sdk.grant_permission(*asked, target_name="room")
        granted = [sdk.has_permission(*asked, target_name=name) for name in ("room", "other")]
        sdk.revoke_permission(*asked, target_name="room")

        assert (False, [True, False], False) == (
            before,
            granted,
            sdk.has_permission(*asked, target_name="room"),
        )


def test_pages_through_a_group(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    groups = token(service, **{"webpubsub.group": ["room"]})
    with open_client(service, access_token=groups) as one, open_client(service, access_token=groups) as two:
        receive(one)
        receive(two)
        address = (
            f"{service.endpoint}/api/hubs/lobby/groups/room/connections?api-version=2024-12-01&maxpagesize=1"
        )
        first = sdk.send_request(HttpRequest("GET", address)).json()
        second = sdk.send_request(HttpRequest("GET", first["nextLink"])).json()

    assert ([1, 1], False) == ([len(page["value"]) for page in (first, second)], "nextLink" in second)


def test_generates_a_clients_token_for_entra_alone(service: PubSubService, identity: Identity) -> None:
    answer = with_entra(service, identity).get_client_access_token(user_id="alice", roles=["webpubsub.sendToGroup"], groups=["room"], minutes_to_expire=5)  # fmt: skip
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    with open_client(service, access_token=answer["token"]) as client:
        receive(client)
        groups = with_entra(service, identity).group_exists("room")

    assert (300, "alice", ["room"], True) == (claims["exp"] - claims["iat"], claims["sub"], claims["webpubsub.group"], groups)  # fmt: skip
    service.keys.regenerate("primary")
    service.keys.regenerate("secondary")
    with open_client(service, access_token=answer["token"]) as client:
        assert "connected" == receive(client)["event"]


def test_generates_no_token_for_an_access_key(service: PubSubService) -> None:
    address = f"{service.endpoint}/api/hubs/lobby/:generateToken"

    assert 401 == requests.post(f"{address}?api-version=2024-12-01", headers=signed(service, address), timeout=10).status_code  # fmt: skip


def test_refuses_an_entra_token_for_another_resource(service: PubSubService, identity: Identity) -> None:
    value, _ = identity.issue("https://api.loganalytics.io")
    address = f"{service.endpoint}/api/hubs/lobby/users/alice?api-version=2024-12-01"

    assert 401 == requests.head(address, headers={"Authorization": f"Bearer {value}"}, timeout=10).status_code


def signed(service: PubSubService, audience: str, key: str | None = None, **claims: object) -> dict[str, str]:
    whole = {"aud": audience, "exp": int((datetime.now(UTC) + timedelta(minutes=1)).timestamp()), **claims}
    return {"Authorization": f"Bearer {jwt.encode(whole, key or service.keys.primary, 'HS256')}"}


@pytest.mark.parametrize("fault", ["other key", "other path", "expired", "no token", "not bearer"])
def test_refuses_a_request_whose_token_is_not_for_it(
    service: PubSubService, rows: MemoryRows, fault: str
) -> None:
    address = f"{service.endpoint}/api/hubs/lobby/:send"
    headers = {
        "other key": signed(service, address, key="k" * 40),
        "other path": signed(service, f"{service.endpoint}/api/hubs/trading/:send"),
        "expired": signed(service, address, exp=1),
        "no token": {},
        "not bearer": {"Authorization": "Basic eDp5"},
    }[fault]
    status = requests.post(f"{address}?api-version=2024-12-01", headers=headers, timeout=10).status_code

    ((logged_status, text),) = rows.of("WebPubSubHttpRequest", "StatusCode", "Message")
    assert (401, "401", fault == "other path") == (status, logged_status, str(text).startswith("Failed to validate audience"))  # fmt: skip


def test_takes_the_secondary_key_and_refuses_one_that_was_regenerated(service: PubSubService) -> None:
    other = WebPubSubServiceClient(service.endpoint, "lobby", AzureKeyCredential(service.keys.secondary))
    former = WebPubSubServiceClient(service.endpoint, "lobby", AzureKeyCredential(service.keys.primary))
    service.keys.regenerate("primary")

    other.send_to_all("x", content_type="text/plain")
    with pytest.raises(ClientAuthenticationError):
        former.send_to_all("x", content_type="text/plain")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("POST", "/api/hubs/1obby/:send", b"x", 400, id="a hub that cannot be"),
        pytest.param("POST", "/api/hubs/lobby/:shout", b"x", 404, id="an unknown operation"),
        pytest.param("GET", "/api/hubs/lobby/:send", b"", 405, id="another method"),
        pytest.param("POST", "/api/hubs/lobby/:send", b"x" * (1024 * 1024 + 1), 413, id="a message that is too large"),
        pytest.param("POST", "/api/hubs/lobby/:addToGroups", b"[", 400, id="a body that is not JSON"),
        pytest.param("PUT", "/api/hubs/lobby/groups/room/connections/x", b"", 404, id="a connection that is not there"),
        pytest.param("PUT", "/api/hubs/lobby/permissions/fly/connections/x", b"", 400, id="an unknown permission"),
        pytest.param("POST", "/api/hubs", b"", 404, id="no hub"),
    ],
)  # fmt: skip
def test_refuses_what_the_api_does_not_describe(
    service: PubSubService, method: str, path: str, body: bytes, status: int
) -> None:
    headers = {**signed(service, service.endpoint + path), "Content-Type": "text/plain"}
    response = requests.request(method, f"{service.endpoint}{path}?api-version=2024-12-01", data=body, headers=headers, timeout=10)  # fmt: skip

    assert status == response.status_code


@pytest.mark.parametrize("query", ["", "api-version=2019-01-01", "api-version=2024-12-01&messageTtlSeconds=301", "api-version=2024-12-01&filter=userId gt 'a'", "api-version=2024-12-01&filter=("])  # fmt: skip
def test_refuses_a_query_that_the_api_does_not_describe(service: PubSubService, query: str) -> None:
    address = f"{service.endpoint}/api/hubs/lobby/:send"
    headers = {**signed(service, address), "Content-Type": "text/plain"}

    assert 400 == requests.post(f"{address}?{query}", data=b"x", headers=headers, timeout=10).status_code


def test_refuses_a_body_that_is_not_of_its_type(sdk: WebPubSubServiceClient, service: PubSubService) -> None:
    request = HttpRequest("POST", f"{service.endpoint}/api/hubs/lobby/:send?api-version=2024-12-01", headers={"Content-Type": "application/json"}, content=b"{")  # fmt: skip

    with pytest.raises(HttpResponseError):
        sdk.send_request(request).raise_for_status()


def test_chooses_connections_by_a_filter(service: PubSubService, sdk: WebPubSubServiceClient) -> None:
    with (
        open_client(service, access_token=token(service, **{"webpubsub.group": ["gold"]})) as alice,
        open_client(service, access_token=token(service, sub="bo'b")) as bob,
        open_client(service, access_token=token(service, sub=None)) as nobody,
    ):
        clients = [alice, bob, nobody]
        for client in clients:
            receive(client)
        for text in ("'gold' in groups", "userId eq 'bo''b'", "userId eq null", f"protocol eq '{JSON}' and not ('gold' in groups or userId ne null)"):  # fmt: skip
            sdk.send_to_all(text, content_type="text/plain", filter=text)
        sdk.send_to_all("end", content_type="text/plain")

        received = [list(iter(lambda client=client: receive(client)["data"], "end")) for client in clients]
        assert [["'gold' in groups"], ["userId eq 'bo''b'"], ["userId eq null", f"protocol eq '{JSON}' and not ('gold' in groups or userId ne null)"]] == received  # fmt: skip
