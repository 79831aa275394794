"""The stand-in of Communication Services, asked by the published client: it refuses what the service refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.communication.identity import CommunicationIdentityClient, CommunicationUserIdentifier
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from local.azure.identity import Identity
from local.communication.doorkeeper import ENTRA_AUDIENCE, AccessKeys
from local.communication.limits import LIMITS, Operation
from local.communication.service import IdentityService
from local.machine.certificates import certificate

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class StillClock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class Rows:
    def __init__(self) -> None:
        self.all: list[tuple[str, dict[str, Any]]] = []

    def add(self, table: str, row: Any) -> None:
        self.all.append((table, row))


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def service(clock: StillClock) -> Iterator[IdentityService]:
    with IdentityService(
        certificate(), clock=clock, identity=Identity(), limits={Operation.ISSUE: 3}
    ) as running:
        yield running


@pytest.fixture
def client(service: IdentityService) -> CommunicationIdentityClient:
    return client_of(service.connection_string())


def client_of(connection: str) -> CommunicationIdentityClient:
    return CommunicationIdentityClient.from_connection_string(connection, retry_total=0)


def test_creates_an_identity_and_another_when_it_is_asked_again(
    client: CommunicationIdentityClient, service: IdentityService
) -> None:
    ids = {client.create_user().raw_id for _ in range(2)}

    assert set(service.identities) == ids
    assert all(one.startswith("8:acs:") for one in ids)


def test_issues_a_token_for_as_long_as_it_is_asked(client: CommunicationIdentityClient) -> None:
    user = client.create_user()
    whole = client.get_token(user, ["voip"])
    hour = client.get_token(user, ["chat.join.limited"], token_expires_in=timedelta(hours=1))

    assert ["2026-03-03T12:00:00.0000000+00:00", "2026-03-02T13:00:00.0000000+00:00"] == [
        whole.expires_on,
        hour.expires_on,
    ]


def test_creates_an_identity_with_a_token(
    client: CommunicationIdentityClient, service: IdentityService
) -> None:
    user, token = client.create_user_and_token(["chat"], token_expires_in=timedelta(hours=24))

    assert token.expires_on.startswith("2026-03-03T12:00:00")
    assert 1 == service.identities[user.raw_id].tokens
    assert {Operation.CREATE_WITH_TOKEN: 1} == service.limits.accepted


@pytest.mark.parametrize("minutes", [59, 1441, 5, 0])
def test_refuses_other_lifetimes_in_the_recorded_words(
    client: CommunicationIdentityClient, minutes: int
) -> None:
    user = client.create_user()

    with pytest.raises(HttpResponseError) as refused:
        client.get_token(user, ["voip"], token_expires_in=timedelta(minutes=minutes))
    assert 400 == refused.value.status_code
    assert f"ExpiresInMinutes value {minutes} is invalid" in str(refused.value)


def test_refuses_a_token_without_scopes(client: CommunicationIdentityClient) -> None:
    with pytest.raises(HttpResponseError, match="The Scopes field is required"):
        client.get_token(client.create_user(), [])
    with pytest.raises(HttpResponseError, match="unknown-scope"):
        client.get_token(client.create_user(), ["everything"])


def test_a_deleted_identity_is_gone(client: CommunicationIdentityClient, service: IdentityService) -> None:
    user = client.create_user()
    client.revoke_tokens(user)
    assert NOON == service.identities[user.raw_id].revoked_at
    client.delete_user(user)

    for step in (
        lambda: client.get_token(user, ["voip"]),
        lambda: client.revoke_tokens(user),
        lambda: client.delete_user(user),
    ):
        with pytest.raises(HttpResponseError, match="Provided identity doesn't exist"):
            step()


def test_takes_either_key_until_it_is_replaced(service: IdentityService) -> None:
    former = service.connection_string()
    for connection in (former, service.connection_string(secondary=True)):
        client_of(connection).create_user()
    service.keys.primary = AccessKeys().primary

    with pytest.raises(ClientAuthenticationError, match="Denied by the resource provider"):
        client_of(former).create_user()


def test_takes_no_key_where_local_authentication_is_off(service: IdentityService) -> None:
    service.keys.enabled = False

    with pytest.raises(ClientAuthenticationError):
        client_of(service.connection_string()).create_user()


@pytest.mark.parametrize(
    ("audience", "is_good"), [(ENTRA_AUDIENCE + "/", True), ("https://another.example", False)]
)
def test_takes_a_token_of_entra_for_itself(clock: StillClock, audience: str, is_good: bool) -> None:
    identity = Identity()

    class Login:
        def get_token(self, *scopes: str, **_: object) -> AccessToken:
            assert ("https://communication.azure.com//.default",) == scopes
            return AccessToken(identity.issue(audience)[0], 4_000_000_000)

    with IdentityService(certificate(), clock=clock, identity=identity) as service:
        client = CommunicationIdentityClient(service.endpoint, Login(), retry_total=0)
        if is_good:
            assert client.create_user().raw_id in service.identities
        else:
            with pytest.raises(ClientAuthenticationError):
                client.create_user()


def test_a_body_that_was_changed_after_it_was_signed_is_refused(service: IdentityService) -> None:
    sent = requests.Request("POST", f"{service.endpoint}/identities?api-version=2023-10-01", data=b"{}")
    client = client_of(service.connection_string())
    seen: dict[str, str] = {}
    client.create_user(raw_response_hook=lambda answer: seen.update(answer.http_request.headers))
    sent.headers = {**seen, "Content-Length": "2"}

    answer = requests.Session().send(sent.prepare(), verify=str(certificate()))

    assert 401 == answer.status_code
    assert "differs from generated content hash" in answer.json()["error"]["message"]


def test_refuses_requests_above_the_limit_until_the_window_has_passed(
    client: CommunicationIdentityClient, service: IdentityService, clock: StillClock
) -> None:
    user = client.create_user()
    client.get_token(user, ["voip"])
    clock.moment += timedelta(seconds=10)
    for _ in range(2):
        client.get_token(user, ["voip"])

    with pytest.raises(HttpResponseError) as refused:
        client.get_token(user, ["voip"])
    assert (429, "20") == (refused.value.status_code, refused.value.response.headers["Retry-After"])
    clock.moment += timedelta(seconds=20)
    client.get_token(user, ["voip"])
    assert 1 == service.limits.refused[Operation.ISSUE]


def test_its_limits_are_the_published_ones() -> None:
    assert [1000, 1000, 1000, 500, 500] == [LIMITS[operation] for operation in Operation]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/identities", 404),
        ("POST", "/teamsUser/:exchangeAccessToken", 404),
        ("POST", "/identities?api-version=2023-10-01", 401),
    ],
)
def test_refuses_strangers_and_what_it_does_not_know(
    service: IdentityService, method: str, path: str, status: int
) -> None:
    answer = requests.request(method, service.endpoint + path, verify=str(certificate()), timeout=10)

    assert status == answer.status_code
    assert {"code", "message"} <= set(answer.json()["error"])


def test_an_api_version_that_it_does_not_know_is_refused(service: IdentityService) -> None:
    connection = service.connection_string()
    client = CommunicationIdentityClient.from_connection_string(connection, api_version="2019-01-01")

    with pytest.raises(HttpResponseError, match="api-version"):
        client.create_user()


def test_a_creation_whose_answer_is_lost_is_done(service: IdentityService) -> None:
    service.lost_creates = 1

    with pytest.raises(HttpResponseError, match="Internal server error"):
        client_of(service.connection_string()).create_user()
    assert 1 == len(service.identities)


def test_writes_a_row_of_each_request(clock: StillClock) -> None:
    rows = Rows()
    with IdentityService(certificate(), clock=clock, rows_to=rows) as service:
        client = client_of(service.connection_string())
        user = client.create_user()
        client.get_token(user, ["voip"])
        client.delete_user(user)
        with pytest.raises(HttpResponseError):
            client.get_token(CommunicationUserIdentifier(user.raw_id), ["voip"])

    assert {"ACSAuthIncomingOperations"} == {table for table, _ in rows.all}
    assert [
        ("CreateIdentity", "201"),
        ("CreateToken", "200"),
        ("DeleteIdentity", "204"),
        ("CreateToken", "404"),
    ] == [(row["OperationName"], row["ResultSignature"]) for _, row in rows.all]
