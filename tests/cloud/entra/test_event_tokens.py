"""Only the identity of the resource, with a good token of its tenant for us, may send events without a signature."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from starlette.applications import Starlette

from local.azure.entra import Entra
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.cloud.entra.event_tokens import EventTokens
from tests.events.lobby import NOON, PRIMARY, RULES, Line, event_headers

TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
OURS, STRANGER = "11111111-0001-4000-8000-00000000a001", "99999999-0001-4000-8000-00000000a009"
IDENTITY = (
    f"    identity: {{tenant: {TENANT}, audiences: [api://linekeeper, '2222'], ids: [{OURS.upper()}]}}\n"
)
KEYS = "    keys: [WEB_PUBSUB_CONNECTION, WEB_PUBSUB_CONNECTION_SECONDARY]\n"


@dataclass
class World:
    entra: Entra
    address: str
    folder: Path

    def line(self, rules: str) -> Line:
        return Line(self.folder, rules=rules, tokens=EventTokens(self.address))

    def token(self, **claims: Any) -> str:
        return self.entra.token(claims.pop("now", NOON), **{"aud": "api://linekeeper", "azp": OURS, **claims})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    trusted, listener = certificate(), free_port()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    entra = Entra(TENANT, address_of(listener))
    with https_server(Starlette(routes=entra.routes()), listener, trusted):
        yield World(entra, address_of(listener), tmp_path)


def without_signature(**more: str) -> dict[str, str]:
    headers = {**event_headers("sys", "connected"), **more}
    return {name: value for name, value in headers.items() if name != "ce-signature"}


def sent(line: Line, token: str) -> int:
    return line.send(without_signature(authorization=f"Bearer {token}")).status


@pytest.mark.parametrize(
    "claims",
    [{}, {"version": 1, "azp": None, "appid": OURS}, {"azp": STRANGER, "oid": OURS.upper()}, {"aud": "2222"}],
)
def test_a_token_of_the_identity_is_good(world: World, claims: dict[str, Any]) -> None:
    assert 204 == sent(world.line(RULES.replace(KEYS, IDENTITY)), world.token(**claims))


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"azp": STRANGER}, id="another application"),
        pytest.param({"azp": None}, id="no identity"),
        pytest.param({"aud": "api://elsewhere"}, id="another audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"iss": "https://sts.windows.net/another/"}, id="another issuer"),
        pytest.param({"now": NOON - timedelta(hours=2)}, id="expired"),
        pytest.param({"now": NOON + timedelta(hours=2)}, id="of the future"),
        pytest.param({"exp": "soon"}, id="a time that is no number"),
    ],
)
def test_any_other_token_is_401(world: World, claims: dict[str, Any]) -> None:
    line = world.line(RULES.replace(KEYS, IDENTITY))

    assert 401 == sent(line, world.token(**claims))
    assert {} == line.rows.kept


def test_algorithms_cannot_be_confused(world: World) -> None:
    line = world.line(RULES.replace(KEYS, IDENTITY))
    claims = {
        "aud": "api://linekeeper",
        "azp": OURS,
        "exp": NOON.timestamp() + 60,
        "iss": f"{world.address}/{TENANT}/v2.0",
    }
    none = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "kid": "key-1"}, claims)
    )
    symmetric = jwt.encode(claims, PRIMARY * 2, "HS256", {"kid": "key-1"})

    assert [401, 401] == [sent(line, f"{none}."), sent(line, symmetric)]


def test_where_only_an_identity_is_named_no_signature_is_good(world: World) -> None:
    line = world.line(RULES.replace(KEYS, IDENTITY))

    assert 401 == line.send(event_headers("sys", "connected")).status


def test_where_both_are_named_either_is_good_and_a_bad_token_is_not(world: World) -> None:
    line = world.line(RULES.replace(KEYS, KEYS + IDENTITY))

    assert 204 == line.send(event_headers("sys", "connected")).status
    assert 204 == sent(line, world.token())
    bad = {**event_headers("sys", "connected"), "authorization": f"Bearer {world.token(azp=STRANGER)}"}
    assert 401 == line.send(bad).status


def test_where_the_tenant_does_not_answer_the_service_is_asked_to_come_again(world: World) -> None:
    line = world.line(RULES.replace(KEYS, IDENTITY))
    world.entra.broken = True

    assert 503 == sent(line, world.token())
