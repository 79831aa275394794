"""A key signs without asking anybody; an identity asks the service once for each token, and says what it heard."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.cloud.web_pubsub.signer import WebPubSubSigner, signer_by_connection
from shared.errors import LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.policy import Rights

KEY = "a key of the lobby that has 32 bytes or more"
NOWHERE = "https://127.0.0.1:9"
ALICE = Rights("alice", ("webpubsub.sendToGroup.agents",), ("agents", "user-alice"))


class Identity:
    """The app's identity, without the service behind it."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.error: Exception | None = None

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes += scopes
        if self.error:
            raise self.error
        return AccessToken("of-the-app", 4_000_000_000)


@dataclass
class Service:
    """The REST API of a resource, with the answer that a test gives it."""

    address: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    token: str | None = "signed by the service"
    asked: list[str] = field(default_factory=list)

    def routes(self) -> list[Route]:
        return [Route("/{rest:path}", self._answer, methods=["POST", "HEAD"])]

    async def _answer(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        return JSONResponse({"token": self.token}, self.status, headers=self.headers)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    listener = free_port()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    running = Service(address_of(listener))
    with https_server(Starlette(routes=running.routes()), listener, certificate()):
        yield running


def test_a_key_signs_what_the_rights_say_and_asks_nobody() -> None:
    address = WebPubSubSigner.with_key("https://Lobby.webpubsub.azure.com/", KEY).sign("Lobby", ALICE, 7)

    audience = "https://lobby.webpubsub.azure.com/client/hubs/Lobby"
    claims = jwt.decode(address.token, KEY, ["HS256"], audience=audience)
    assert ("alice", ["webpubsub.sendToGroup.agents"], ["agents", "user-alice"], 420) == (
        claims["sub"],
        claims["role"],
        claims["webpubsub.group"],
        claims["exp"] - claims["iat"],
    )
    assert "wss://lobby.webpubsub.azure.com/client/hubs/Lobby" == address.base_url
    assert f"{address.base_url}?access_token={address.token}" == address.url


def test_nobody_has_no_user_in_the_token() -> None:
    token = WebPubSubSigner.with_key(NOWHERE, KEY).sign("lobby", Rights(""), 1).token

    claims = jwt.decode(token, options={"verify_signature": False})
    assert {"aud", "iat", "exp"} == set(claims)


def test_an_identity_asks_the_service_for_exactly_these_rights(service: Service) -> None:
    identity = Identity()

    address = WebPubSubSigner(service.address, identity).sign("lobby", ALICE, 7)

    assert "signed by the service" == address.token
    (asked,) = service.asked
    assert asked.startswith("POST /api/hubs/lobby/:generateToken?")
    assert {"userId=alice", "minutesToExpire=7", "group=agents", "group=user-alice"} <= set(
        asked.partition("?")[2].split("&")
    )
    assert ["https://webpubsub.azure.com/.default"] == identity.scopes


@pytest.mark.parametrize(
    ("status", "complaint"), [(401, "answers 401"), (403, "answers 403"), (500, "answers 500")]
)
def test_says_what_the_service_answers(service: Service, status: int, complaint: str) -> None:
    service.status = status

    with pytest.raises(LinekeeperError, match=complaint) as raised:
        WebPubSubSigner(service.address, Identity()).sign("lobby", ALICE, 7)
    assert not raised.value.permanent


@pytest.mark.parametrize(("after", "seconds"), [("17", 17), ("", 0), ("soon", 0)])
def test_a_service_that_is_busy_says_for_how_long(service: Service, after: str, seconds: int) -> None:
    service.status, service.headers = 429, {"Retry-After": after}

    with pytest.raises(DependencyDownError) as raised:
        WebPubSubSigner(service.address, Identity()).sign("lobby", ALICE, 7)
    assert timedelta(seconds=seconds) == raised.value.retry_after
    assert 1 == len(service.asked)  # nobody waits in here


def test_an_answer_without_a_token_is_not_one(service: Service) -> None:
    service.token = None

    with pytest.raises(LinekeeperError, match="without a token"):
        WebPubSubSigner(service.address, Identity()).sign("lobby", ALICE, 7)


def test_an_identity_that_gets_no_token_is_told(service: Service) -> None:
    identity = Identity()
    identity.error = ClientAuthenticationError("no identity is assigned")

    with pytest.raises(LinekeeperError, match=r"no token for Web PubSub .*: no identity is assigned"):
        WebPubSubSigner(service.address, identity).sign("lobby", ALICE, 7)
    assert [] == service.asked


def test_a_service_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(LinekeeperError, match="cannot be reached"):
        WebPubSubSigner(NOWHERE, Identity()).sign("lobby", ALICE, 7)


@pytest.mark.parametrize(
    ("status", "is_good"), [(200, True), (404, True), (403, True), (401, False), (500, False)]
)
def test_a_key_is_good_where_the_service_knows_it(service: Service, status: int, is_good: bool) -> None:
    service.status = status
    signer = WebPubSubSigner.with_key(service.address, KEY)

    if is_good:
        signer.check("lobby")
    else:
        with pytest.raises(LinekeeperError, match=f"answers {status}"):
            signer.check("lobby")
    assert service.asked[0].startswith("HEAD /api/hubs/lobby/users/")


def test_an_identity_is_good_where_it_gets_a_token(service: Service) -> None:
    signer = WebPubSubSigner(service.address, Identity())
    signer.check("lobby")
    service.status = 403

    with pytest.raises(LinekeeperError, match="answers 403"):
        signer.check("lobby")


@pytest.mark.parametrize(
    "text",
    [
        f"Endpoint=https://Lobby.example;AccessKey={KEY};Version=1.0;",
        f" endpoint=https://lobby.example/; accesskey={KEY}",
        f"Endpoint=https://lobby.example;AccessKey={KEY};Port=443",
    ],
)
def test_a_connection_string_is_read(text: str) -> None:
    signer = signer_by_connection(text, "WEB_PUBSUB_CONNECTION")

    assert signer.is_for("https://LOBBY.example:443/" if "Port" in text else "https://LOBBY.example/")
    jwt.decode(signer.sign("lobby", ALICE, 1).token, KEY, ["HS256"], options={"verify_aud": False})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lobby",
        "Endpoint=https://lobby.example",
        f"AccessKey={KEY}",
        f"Endpoint=http://lobby.example;AccessKey={KEY}",
        "Endpoint=https://lobby.example;AuthType=azure;",
    ],
)
def test_what_is_not_a_connection_string_is_named_and_not_repeated(text: str) -> None:
    with pytest.raises(LinekeeperError, match="the setting WEB_PUBSUB_CONNECTION is not") as raised:
        signer_by_connection(text, "WEB_PUBSUB_CONNECTION")
    assert KEY not in raised.value.message
