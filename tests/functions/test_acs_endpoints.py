"""From a request to a token of Communication Services, by the published client, against storage and the stand-in."""

import base64
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

from local.azure.entra import Entra
from local.azure.identity import PATH, Identity
from local.communication.doorkeeper import AccessKeys
from local.communication.limits import Operation
from local.communication.service import IdentityService
from local.host import Host, functions_of_the_app
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.app.runtime import hosted
from shared.app.tokens import communicating
from tests.functions.asking import Ahead, Answer, answer_of, problems

KEY = "the key of the ward's backend"
CAROL = {"x-negotiate-key": KEY, "x-negotiate-user": "carol"}
DAVE = {"x-negotiate-key": KEY, "x-negotiate-user": "dave"}
TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
RULES = f"""
issuers: [{{tenant: {TENANT}, audience: "api://linekeeper"}}]
acs:
  policies:
    - {{callers: {{role: agent}}, scopes: [voip, chat], max_hours: 24}}
    - {{callers: {{user: [carol, dave]}}, scopes: [voip.join, chat.join], max_hours: 8, default_hours: 2, keys: allowed}}
"""
NAMES = {"issue_acs_token", "refresh_acs_token", "revoke_acs_tokens", "report_readiness"}
MINE = [one for one in functions_of_the_app() if one.name in NAMES]
TOKEN, REFRESH, REVOKE = "acs/token", "acs/token/refresh", "acs/token/revoke"


@dataclass
class Ward:
    """The functions behind their host, and the service."""

    host: Host
    folder: Path
    patch: pytest.MonkeyPatch
    service: IdentityService
    clock: Ahead

    def ask(self, path: str = TOKEN, headers: Mapping[str, str] = CAROL, body: Any = None) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return answer_of(self.host, "POST", path, headers, content)


@pytest.fixture
def ward(
    storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ward]:
    (tmp_path / "tokens.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "resources.yaml").write_text("resources: []", encoding="utf-8")
    for name in ("ACS_ENDPOINT", "WEBSITE_AUTH_ENABLED", "ENTRA_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    clock = Ahead()
    with IdentityService(certificate(), clock=clock, limits={Operation.CREATE: 3}) as service:
        monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
        monkeypatch.setenv("NEGOTIATE_KEY", KEY)
        monkeypatch.setenv("ACS_CONNECTION", service.connection_string())
        with hosted(clock):
            yield Ward(Host(MINE), tmp_path, monkeypatch, service, clock)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_caller_has_one_identity_however_often_it_asks(ward: Ward) -> None:
    first, second, refreshed = ward.ask(), ward.ask(body={"hours": 8}), ward.ask(REFRESH)

    assert [200, 200, 200] == [first.status, second.status, refreshed.status]
    identity = first.content["identity"]
    assert (
        {identity}
        == {second.content["identity"], refreshed.content["identity"]}
        == set(ward.service.identities)
    )
    assert ("carol", ["voip.join", "chat.join"]) == (first.content["userId"], first.content["scopes"])
    assert identity != ward.ask(headers=DAVE).content["identity"]
    assert ("no-store", "nosniff") == (
        first.headers["Cache-Control"],
        first.headers["X-Content-Type-Options"],
    )


def test_a_token_lasts_as_long_as_it_says_and_is_refreshed_before(ward: Ward) -> None:
    content = ward.ask(body={"hours": 8, "scopes": ["voip.join"]}).content
    claims = jwt.decode(content["token"], options={"verify_signature": False})
    lifetime = moment(content["expiresAt"]) - ward.clock.now()

    assert ["voip.join"] == claims["scp"] == content["scopes"]
    assert timedelta(hours=7, minutes=59) < lifetime <= timedelta(hours=8)
    assert 0.19 < (moment(content["expiresAt"]) - moment(content["refreshAfter"])) / lifetime < 0.51


@pytest.mark.parametrize("path", [TOKEN, REFRESH])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"hours": 0}, 400),
        ({"hours": 9}, 400),
        ({"hours": 25}, 400),
        ({"hours": True}, 400),
        ({"hours": 1.5}, 400),
        ({"scopes": "voip"}, 400),
        ({"scopes": []}, 400),
        ({"scopes": ["everything"]}, 400),
        ({"scopes": ["voip"]}, 403),
        ([], 400),
        (b"{", 400),
        (b"x" * 40_000, 413),
    ],
)
def test_more_than_the_policy_gives_is_refused(ward: Ward, path: str, body: Any, status: int) -> None:
    answer = ward.ask(path, body=body)

    assert status == answer.status
    assert "; expected " in answer.content["said"]
    assert {} == ward.service.identities


@pytest.mark.parametrize("path", [TOKEN, REFRESH, REVOKE])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"x-negotiate-key": KEY, "x-negotiate-user": "mallory"}, 403),
        ({"x-negotiate-key": "guessed", "x-negotiate-user": "carol"}, 401),
        ({"authorization": "Bearer a.b.c"}, 401),
        ({"x-ms-client-principal": base64.b64encode(b'{"claims": []}').decode()}, 403),
    ],
)
def test_who_is_not_known_or_not_named_gets_nothing(
    ward: Ward, path: str, headers: dict[str, str], status: int
) -> None:
    answer = ward.ask(path, headers=headers)

    assert status == answer.status
    assert {} == ward.service.identities


def test_a_token_of_the_tenant_is_a_sign_in(ward: Ward) -> None:
    listener = free_port()
    entra = Entra(TENANT, address_of(listener))
    ward.patch.setenv("ENTRA_ENDPOINT", address_of(listener))
    now = datetime.now(UTC)

    def asked(**claims: Any) -> Answer:
        whole = {"aud": "api://linekeeper", "oid": "alice", "roles": ["agent"], **claims}
        return ward.ask(headers={"authorization": f"Bearer {entra.token(now, **whole)}"}, body={"hours": 24})

    with https_server(Starlette(routes=entra.routes()), listener, certificate()):
        good = asked()
        bad = [
            asked(exp=int((now - timedelta(hours=1)).timestamp())),
            asked(nbf=int((now + timedelta(hours=1)).timestamp())),
            asked(aud="api://another"),
            asked(iss="https://sts.windows.net/another/"),
            ward.ask(headers={"authorization": "Bearer " + jwt.encode({"oid": "alice"}, "k" * 32)}),
        ]

    assert ("alice", ["voip", "chat"]) == (good.content["userId"], good.content["scopes"])
    sentence = {"said": "the caller is not known; expected a sign-in that the app accepts"}
    assert [(401, sentence)] * 5 == [(answer.status, answer.content) for answer in bad]


def test_the_managed_identity_asks_where_there_is_no_key(ward: Ward) -> None:
    listener = free_port()
    identity = Identity()
    ward.patch.setenv("IDENTITY_ENDPOINT", address_of(listener) + PATH)
    ward.patch.setenv("IDENTITY_HEADER", identity.header)
    ward.patch.delenv("ACS_CONNECTION")
    with (
        IdentityService(certificate(), identity=identity) as service,
        https_server(Starlette(routes=identity.routes()), listener, certificate()),
    ):
        service.keys.enabled = False
        ward.patch.setenv("ACS_ENDPOINT", service.endpoint)

        assert ward.ask().content["identity"] in service.identities
        assert [] == [name for name in problems() if "Communication" in name]


def test_refresh_gives_no_identity_and_says_where_there_is_one(ward: Ward) -> None:
    assert 409 == ward.ask(REFRESH).status
    assert {} == ward.service.identities
    identity = ward.ask().content["identity"]
    del ward.service.identities[identity]  # somebody deleted it

    gone = ward.ask(REFRESH)
    another = ward.ask()

    assert (409, True) == (gone.status, "was deleted" in gone.content["said"])
    assert (200, True) == (another.status, another.content["identity"] != identity)
    assert another.content["identity"] == ward.ask(REFRESH).content["identity"]


def test_a_caller_whose_identity_is_gone_gets_another_at_once(ward: Ward) -> None:
    ward.service.identities.pop(ward.ask().content["identity"])

    answer = ward.ask()

    assert {answer.content["identity"]} == set(ward.service.identities)


def test_a_caller_ends_its_own_tokens(ward: Ward) -> None:
    assert (200, None) == (ward.ask(REVOKE).status, ward.ask(REVOKE).content["identity"])
    carol, dave = ward.ask().content["identity"], ward.ask(headers=DAVE).content["identity"]

    answer = ward.ask(REVOKE)

    assert (200, carol) == (answer.status, answer.content["identity"])
    assert [False, True] == [ward.service.identities[one].revoked_at is None for one in (carol, dave)]


def test_who_lost_its_rights_gets_no_token_and_may_still_end_its_own(ward: Ward) -> None:
    content = {"claims": [{"typ": "oid", "val": "alice"}, {"typ": "roles", "val": "agent"}]}
    alice = {"x-ms-client-principal": base64.b64encode(json.dumps(content).encode()).decode()}
    ward.patch.setenv("WEBSITE_AUTH_ENABLED", "true")
    assert 200 == ward.ask(headers=alice).status
    (ward.folder / "tokens.yaml").write_text("acs: {policies: []}", encoding="utf-8")
    ward.clock.by = timedelta(seconds=1)

    assert [403, 403, 200] == [ward.ask(path, headers=alice).status for path in (TOKEN, REFRESH, REVOKE)]


def test_a_busy_service_is_left_alone_for_as_long_as_it_says(ward: Ward) -> None:
    ward.service.limits.take(Operation.CREATE)
    for _ in range(2):
        ward.service.limits.take(Operation.CREATE)

    answers = [ward.ask(headers=who) for who in (CAROL, DAVE, CAROL)]

    assert [503] * 3 == [answer.status for answer in answers]
    assert all(20 < int(answer.headers["Retry-After"]) <= 60 for answer in answers)
    assert 1 == ward.service.limits.refused[Operation.CREATE]
    ward.clock.by = timedelta(seconds=31)
    assert [200, 200] == [ward.ask(headers=who).status for who in (CAROL, DAVE)]


def test_a_service_that_is_down_is_503_at_once_and_stands_in_readiness(ward: Ward) -> None:
    ward.ask()
    ward.service.is_down = True

    answers = [ward.ask() for _ in range(3)]

    assert {503} == {answer.status for answer in answers}
    assert "answers 500" not in str(answers[0].content)
    assert "Communication Services" in problems()
    ward.service.is_down = False
    assert "Communication Services" not in problems()
    assert 200 == ward.ask().status


def test_a_key_that_was_regenerated_stands_in_readiness(ward: Ward) -> None:
    assert [] == [name for name in problems() if "Communication" in name]
    ward.service.keys.primary = AccessKeys().primary

    assert "Communication Services" in problems()
    assert 503 == ward.ask().status


@pytest.mark.parametrize(
    ("setting", "value"),
    [("ACS_CONNECTION", "endpoint=ward"), ("ACS_CONNECTION", ""), ("ACS_ENDPOINT", "ward")],
)
def test_a_setting_that_is_wrong_is_503_and_stands_in_readiness(ward: Ward, setting: str, value: str) -> None:
    ward.patch.delenv("ACS_CONNECTION")
    ward.patch.setenv(setting, value)

    answer = ward.ask()

    assert (503, True) == (answer.status, "Retry-After" in answer.headers)
    assert setting in problems()["Communication Services"]


def test_an_identity_whose_answer_was_lost_is_an_orphan_and_the_caller_gets_another(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.service.lost_creates = 1

    assert 503 == ward.ask().status
    ward.clock.by = timedelta(seconds=6)
    answer = ward.ask()

    assert 200 == answer.status
    (orphan,) = communicating.orphans_once()
    assert 2 == len(ward.service.identities)
    assert f"attempt {orphan.attempt}" in caplog.text
    caplog.clear()
    assert [] == [name for name in problems() if "Communication" in name]
    assert "1 identities of Communication Services may belong to nobody" in caplog.text


HEADERS = st.sampled_from(["authorization", "x-negotiate-key", "x-negotiate-user", "x-ms-client-principal"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60) | st.sampled_from(
    [KEY, "carol"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
BODIES = (
    st.none()
    | st.binary(max_size=200)
    | st.dictionaries(st.sampled_from(["hours", "scopes", "token"]), VALUES).map(
        lambda fields: json.dumps(fields).encode()
    )
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([TOKEN, REFRESH, REVOKE]),
    headers=st.dictionaries(HEADERS, TEXTS) | st.just(CAROL),
    body=BODIES,
)
def test_anything_is_answered_and_never_with_500(
    ward: Ward, path: str, headers: dict[str, str], body: bytes | None
) -> None:
    answer = ward.ask(path, headers=headers, body=body)

    assert answer.status in {200, 400, 401, 403, 409, 413, 429}
    assert "no-store" == answer.headers["Cache-Control"]
    if answer.status != 200:
        assert "; expected " in answer.content["said"]
