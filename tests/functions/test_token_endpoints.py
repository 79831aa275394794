"""From a request to a connection: the address that negotiate gives opens the line, with a key and with an identity."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.azure.entra import Entra
from local.azure.identity import PATH, Identity
from local.host import Host, functions_of_the_app
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.pubsub.service import PubSubService
from shared.app.runtime import hosted
from tests.functions.asking import Ahead, Answer, answer_of, problems

KEY = "the key of the chat's backend"
BACKEND = {"x-negotiate-key": KEY, "x-negotiate-user": "carol"}
TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
RULES = f"""
issuers: [{{tenant: {TENANT}, audience: "api://linekeeper"}}]
web_pubsub:
  - resource: lobby
    hubs:
      - hub: lobby
        policies:
          - {{callers: {{role: agent}}, roles: [webpubsub.sendToGroup.agents], groups: [agents], max_minutes: 120}}
          - {{groups: ["user-{{user}}"], keys: allowed, default_minutes: 5}}
      - hub: board
        policies: [{{anonymous: true, max_minutes: 1}}]
"""
MINE = [one for one in functions_of_the_app() if one.name in {"negotiate", "refresh", "report_readiness"}]
UNREACHABLE = "https://127.0.0.1:9"


@dataclass
class App:
    """The functions behind their host."""

    host: Host
    folder: Path
    patch: pytest.MonkeyPatch
    service: PubSubService
    clock: Ahead

    def ask(
        self, path: str = "negotiate/lobby", headers: Mapping[str, str] = BACKEND, body: bytes | None = None
    ) -> Answer:
        method = "GET" if body is None else "POST"
        return answer_of(self.host, method, path, headers, body or b"")

    def refresh(self, token: str) -> Answer:
        return self.ask("refresh", body=json.dumps({"token": token}).encode())


@pytest.fixture(scope="module")
def service() -> Iterator[PubSubService]:
    identity = Identity()
    with PubSubService(certificate(), identity=identity) as running:
        yield running


@pytest.fixture
def app(service: PubSubService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    (tmp_path / "tokens.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "resources.yaml").write_text("resources: []", encoding="utf-8")
    for name in ("WEB_PUBSUB_ENDPOINT", "WEB_PUBSUB_SIGNING_KEY", "WEBSITE_AUTH_ENABLED", "ENTRA_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "CONFIG_FOLDER": str(tmp_path),
        "NEGOTIATE_KEY": KEY,
        "WEB_PUBSUB_CONNECTION": service.connection_string("primary"),
        "WEB_PUBSUB_CONNECTION_SECONDARY": service.connection_string("secondary"),
        "REQUESTS_CA_BUNDLE": str(certificate()),
        # Tokens need no storage: it stays unreachable in all of these tests.
        "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YQ==;"
        f"TableEndpoint={UNREACHABLE};QueueEndpoint={UNREACHABLE};BlobEndpoint={UNREACHABLE}",
    }.items():
        monkeypatch.setenv(name, value)
    clock = Ahead()
    with hosted(clock):
        yield App(Host(MINE), tmp_path, monkeypatch, service, clock)


def connected(url: str) -> dict[str, Any]:
    """Open the line as a client does, and return what the service says first."""
    import ssl

    trust = ssl.create_default_context(cafile=str(certificate()))
    with connect(url, ssl=trust, subprotocols=["json.webpubsub.azure.v1"]) as line:  # type: ignore[list-item]
        first: dict[str, Any] = json.loads(line.recv(timeout=10))
        return first


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_address_opens_the_line_for_the_user(app: App, method: str) -> None:
    answer = app.ask(body=None if method == "GET" else b"")

    assert 200 == answer.status
    assert "carol" == connected(answer.content["url"])["userId"]
    assert ("no-store", "nosniff") == (
        answer.headers["Cache-Control"],
        answer.headers["X-Content-Type-Options"],
    )


def test_the_next_token_opens_it_again(app: App) -> None:
    token = app.ask().content["token"]

    answer = app.refresh(token)

    assert 200 == answer.status
    assert "carol" == connected(answer.content["url"])["userId"]


def test_the_other_key_signs_at_once_when_the_setting_says_so_and_no_token_is_refused_meanwhile(
    app: App,
) -> None:
    """How a key is regenerated without an outage."""
    by_primary = app.ask().content
    app.patch.setenv("WEB_PUBSUB_SIGNING_KEY", "secondary")
    by_secondary = app.ask().content
    assert [connected(given["url"])["userId"] for given in (by_primary, by_secondary)] == ["carol", "carol"]

    app.service.keys.regenerate("primary")

    assert "carol" == connected(by_secondary["url"])["userId"]
    with pytest.raises(InvalidStatus):
        connected(by_primary["url"])
    assert 200 == app.refresh(by_primary["token"]).status  # nobody proves the earlier token


def test_readiness_names_a_key_that_was_regenerated_and_clients_are_told_to_come_later(app: App) -> None:
    assert not [name for name in problems() if name.startswith(("Web PubSub", "configuration: tokens"))]
    app.service.keys.regenerate("primary")

    assert "answers 401" in problems()["Web PubSub: lobby"]
    answer = app.ask()
    assert (503, True) == (answer.status, int(answer.headers["Retry-After"]) >= 1)


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("WEB_PUBSUB_SIGNING_KEY", "tertiary", "names no key"),
        ("WEB_PUBSUB_CONNECTION", "Endpoint=lobby", "is not a connection string"),
        ("WEB_PUBSUB_CONNECTION", "", "is missing"),
    ],
)
def test_a_setting_that_is_wrong_is_503_and_stands_in_readiness(
    app: App, setting: str, value: str, complaint: str
) -> None:
    app.patch.setenv(setting, value)

    answer = app.ask()

    assert (503, True) == (answer.status, "Retry-After" in answer.headers)
    assert setting not in str(answer.content)
    assert [problem for problem in problems().values() if complaint in problem and setting in problem]


def test_the_managed_identity_signs_where_there_is_no_key(app: App) -> None:
    listener = free_port()
    identity = Identity()
    app.patch.setenv("IDENTITY_ENDPOINT", address_of(listener) + PATH)
    app.patch.setenv("IDENTITY_HEADER", identity.header)
    app.patch.delenv("WEB_PUBSUB_CONNECTION")
    with (
        PubSubService(certificate(), identity=identity) as service,
        https_server(Starlette(routes=identity.routes()), listener, certificate()),
    ):
        app.patch.setenv("WEB_PUBSUB_ENDPOINT", service.endpoint)
        service.keys.enabled = False
        answer = app.ask()

        assert 200 == answer.status
        assert "carol" == connected(answer.content["url"])["userId"]
        assert "carol" == connected(app.refresh(answer.content["token"]).content["url"])["userId"]
        assert "Web PubSub: lobby" not in problems()


def test_a_service_that_does_not_answer_is_503_and_is_not_asked_by_everybody(app: App) -> None:
    listener = free_port()
    identity = Identity()
    app.patch.setenv("IDENTITY_ENDPOINT", address_of(listener) + PATH)
    app.patch.setenv("IDENTITY_HEADER", identity.header)
    app.patch.delenv("WEB_PUBSUB_CONNECTION")
    app.patch.setenv("WEB_PUBSUB_ENDPOINT", UNREACHABLE)
    with https_server(Starlette(routes=identity.routes()), listener, certificate()):
        answers = [app.ask() for _ in range(20)]

        assert {503} == {answer.status for answer in answers}
        assert "cannot be reached" in problems()["Web PubSub: lobby"]
    assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in answers)


def test_a_token_of_the_tenant_is_a_sign_in(app: App) -> None:
    listener = free_port()
    entra = Entra(TENANT, address_of(listener))
    app.patch.setenv("ENTRA_ENDPOINT", address_of(listener))
    now = datetime.now(UTC)

    def asked(**claims: Any) -> Answer:
        whole = {"aud": "api://linekeeper", "oid": "alice", "roles": ["agent"], **claims}
        return app.ask(headers={"authorization": f"Bearer {entra.token(now, **whole)}"})

    assert 503 == asked().status
    assert [name for name, problem in problems().items() if "issuer" in name and "fetched" in problem]
    with https_server(Starlette(routes=entra.routes()), listener, certificate()):
        app.patch.setenv("HEALTH_KEY", "another runtime, which fetches the keys at once")
        good = asked()
        bad = [
            asked(exp=int((now - timedelta(hours=1)).timestamp())),
            asked(nbf=int((now + timedelta(hours=1)).timestamp())),
            asked(aud="api://another"),
            asked(iss="https://sts.windows.net/another/"),
            app.ask(headers={"authorization": "Bearer " + jwt.encode({"oid": "alice"}, "k" * 32)}),
        ]

    claims = jwt.decode(good.content["token"], options={"verify_signature": False})
    assert ("alice", ["webpubsub.sendToGroup.agents"], ["agents"]) == (
        claims["sub"],
        claims["role"],
        claims["webpubsub.group"],
    )
    sentence = {"said": "the caller is not known; expected a sign-in that the app accepts"}
    assert [(401, sentence)] * 5 == [(answer.status, answer.content) for answer in bad]


def test_the_header_of_app_service_counts_only_where_app_service_writes_it(app: App) -> None:
    import base64

    content = {"claims": [{"typ": "oid", "val": "alice"}, {"typ": "roles", "val": "agent"}]}
    headers = {"x-ms-client-principal": base64.b64encode(json.dumps(content).encode()).decode()}
    assert 403 == app.ask(headers=headers).status

    app.patch.setenv("WEBSITE_AUTH_ENABLED", "true")

    assert "alice" == app.ask(headers=headers).content["userId"]


def test_nobody_gets_a_token_but_where_a_policy_says_so(app: App) -> None:
    assert 403 == app.ask(headers={}).status
    assert 403 == app.ask("negotiate/vault", headers={}).status

    answer = app.ask("negotiate/Board", headers={})
    assert (200, "board") == (answer.status, answer.content["hub"])
    assert "connected" == connected(answer.content["url"])["event"]


def test_rights_are_withdrawn_with_the_file(app: App) -> None:
    token = app.ask().content["token"]
    (app.folder / "tokens.yaml").write_text(RULES.replace("keys: allowed, ", ""), encoding="utf-8")
    app.clock.by = timedelta(seconds=1)

    assert [403, 403] == [app.refresh(token).status, app.ask().status]


@pytest.mark.parametrize("path", ["negotiate/lobby", "refresh"])
def test_a_body_that_is_too_large_is_refused(app: App, path: str) -> None:
    assert 413 == app.ask(path, body=b"x" * 40_000).status


NAMES = st.sampled_from(["authorization", "x-negotiate-key", "x-negotiate-user", "x-ms-client-principal"])
HEADER_TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60) | st.sampled_from(
    [KEY, "carol"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["negotiate/lobby", "negotiate/board", "refresh", "negotiate/%00", "negotiate/a%2Fb"]
    ),
    query=st.sampled_from(["", "?minutes=5", "?minutes=", "?minutes=1&minutes=x", "?minutes=%F0", "?=&&"]),
    headers=st.dictionaries(NAMES, HEADER_TEXTS),
    body=st.none()
    | st.binary(max_size=200)
    | st.sampled_from([b'{"minutes":5}', b'{"token":"a.b.c"}', b"null"]),
)
def test_anything_is_answered_and_never_with_500(
    app: App, path: str, query: str, headers: dict[str, str], body: bytes | None
) -> None:
    answer = app.ask(path + query, headers=headers, body=body)

    assert answer.status in {200, 400, 401, 403, 404, 429}
    if answer.status in {400, 401, 403}:
        assert "; expected " in answer.content["said"]
        assert "no-store" == answer.headers["Cache-Control"]
