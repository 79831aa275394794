"""Only Azure Monitor's own caller, with a good token of our tenant for us, may send alerts."""

import base64
import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from local.azure.entra import Entra
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.cloud.entra.gate import CALLER, ROLE, EntraGate
from shared.errors import LinekeeperError, UnauthorizedError
from tests.door import Door

TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
AUDIENCE = "api://linekeeper"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = {"aud": AUDIENCE, "azp": CALLER, "roles": [ROLE]}


@dataclass
class World:
    entra: Entra
    address: str

    def gate(self, tenant: str | None = TENANT) -> EntraGate:
        return EntraGate(self.address, tenant, ["2222-our-client-id", AUDIENCE])

    def bearer(self, now: datetime = NOON, **claims: Any) -> str:
        return f"Bearer {self.entra.token(now, **{**GOOD, **claims})}"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    trusted, listener = certificate(), free_port()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    entra = Entra(TENANT, address_of(listener))
    with https_server(Starlette(routes=entra.routes()), listener, trusted):
        yield World(entra, address_of(listener))


def test_admits_a_token_of_version_2_and_asks_for_the_keys_once(world: World) -> None:
    gate = world.gate()

    for minute in range(5):
        gate.admit(world.bearer(), NOON + timedelta(minutes=minute))

    assert 1 == world.entra.key_requests


def test_admits_a_token_of_version_1(world: World) -> None:
    world.gate().admit(world.bearer(version=1, azp=None, appid=CALLER), NOON)


def test_admits_any_of_several_audiences(world: World) -> None:
    world.gate().admit(world.bearer(aud="2222-our-client-id"), NOON)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"aud": "api://another"}, "another audience", id="another audience"),
        pytest.param({"aud": None}, "not valid", id="no audience"),
        pytest.param({"iss": "https://sts.windows.net/another/"}, "another issuer", id="another tenant"),
        pytest.param({"iss": f"https://evil.example/{TENANT}/v2.0"}, "another issuer", id="another endpoint"),
        pytest.param({"azp": "0000"}, "another application", id="another application"),
        pytest.param({"azp": None}, "another application", id="no application"),
        pytest.param({"roles": ["Reader"]}, "no role ActionGroupsSecureWebhook", id="another role"),
        pytest.param({"roles": None}, "no role", id="no role"),
        pytest.param({"exp": int(NOON.timestamp()) - 301}, "has expired", id="an old one"),
        pytest.param({"exp": None}, "not valid", id="one that never ends"),
        pytest.param({"exp": "soon"}, "exp", id="an end that is not a number"),
        pytest.param({"nbf": int(NOON.timestamp()) + 301}, "not valid yet", id="one of tomorrow"),
    ],
)
def test_refuses(world: World, claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnauthorizedError, match=reason):
        world.gate().admit(world.bearer(**claims), NOON)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "Bearer abc", "Bearer a.b.c"]
)
def test_refuses_what_is_no_token(world: World, header: str) -> None:
    with pytest.raises(UnauthorizedError):
        world.gate().admit(header, NOON)


def test_refuses_a_token_that_was_changed(world: World) -> None:
    head, _, signature = world.bearer().split(".")
    claims = {**GOOD, "iss": f"{world.address}/{TENANT}/v2.0", "exp": int(NOON.timestamp()) + 9_000}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    with pytest.raises(UnauthorizedError, match="InvalidSignatureError"):
        world.gate().admit(f"{head}.{payload}.{signature}", NOON)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_refuses_a_token_that_proves_nothing(world: World, algorithm: str) -> None:
    """The oldest forgeries: no signature at all, and one made with what everybody may read."""
    secret = "a public key, as text, of at least 32 bytes" if algorithm == "HS256" else ""
    forged = jwt.encode(
        {**GOOD, "exp": 9_999_999_999, "iss": "x"}, secret, algorithm, headers={"kid": "key-1"}
    )

    with pytest.raises(UnauthorizedError):
        world.gate().admit(f"Bearer {forged}", NOON)


def test_a_nest_of_brackets_is_no_token(world: World) -> None:
    head = base64.urlsafe_b64encode(b'{"a":' * 2_400).decode().rstrip("=")

    with pytest.raises(UnauthorizedError):
        world.gate().admit(f"Bearer {head}.e30.e30", NOON)


def test_admits_a_token_that_a_new_key_signed_at_once(world: World) -> None:
    gate = world.gate()
    gate.admit(world.bearer(), NOON)
    world.entra.rotate()

    gate.admit(world.bearer(), NOON + timedelta(seconds=1))

    assert 2 == world.entra.key_requests


def test_asks_again_for_a_key_that_is_not_known_but_not_at_a_strangers_will(world: World) -> None:
    gate, stranger = world.gate(), Entra(TENANT, world.address)
    gate.admit(world.bearer(), NOON)
    stranger.rotate()
    forged = f"Bearer {stranger.token(NOON, **GOOD)}"

    with pytest.raises(UnauthorizedError, match="a key that the tenant does not have"):
        gate.admit(forged, NOON)
    for second in range(1, 10):
        with pytest.raises(LinekeeperError, match="asked for again within five minutes") as raised:
            gate.admit(forged, NOON + timedelta(seconds=second))
        assert not isinstance(raised.value, UnauthorizedError)
    assert 2 == world.entra.key_requests


def test_a_hundred_calls_while_entra_is_down_are_one_fetch(world: World) -> None:
    gate, token, world.entra.broken = world.gate(), world.bearer(), True

    for call in range(100):
        with pytest.raises(LinekeeperError, match="fetched") as refused:
            gate.admit(token, NOON + timedelta(milliseconds=100 * call))
        assert not refused.value.permanent

    assert 1 == world.entra.key_requests


def test_a_hundred_calls_with_yesterdays_keys_while_entra_is_down_are_one_fetch(world: World) -> None:
    gate, tomorrow = world.gate(), NOON + timedelta(hours=25)
    gate.admit(world.bearer(), NOON)
    token, world.entra.broken = world.bearer(tomorrow), True

    for call in range(100):
        gate.admit(token, tomorrow + timedelta(milliseconds=100 * call))

    assert 2 == world.entra.key_requests


def test_says_when_the_keys_cannot_be_fetched(world: World) -> None:
    world.entra.broken = True

    with pytest.raises(LinekeeperError, match="cannot be fetched: HTTPError") as refused:
        world.gate().admit(world.bearer(), NOON)
    assert (False, False) == (refused.value.permanent, isinstance(refused.value, UnauthorizedError))


def test_ten_callers_who_wait_together_are_told_after_one_attempt(world: World) -> None:
    """A storm's alerts would otherwise wait for ten attempts, one after the other."""
    gate, door, token, asked = world.gate(), Door(), world.bearer(), []

    class Silent(requests.Session):
        def get(self, url: Any, **_: Any) -> Any:
            asked.append(url)
            if len(asked) == 1:
                assert all(door.came.acquire(timeout=60) for _ in range(10))
            raise requests.ConnectTimeout

    gate._jwks._session, gate._jwks._lock = Silent(), door

    def told(_: int) -> str:
        with pytest.raises(LinekeeperError, match="fetched") as raised:
            gate.admit(token, NOON)
        return type(raised.value).__name__

    with ThreadPoolExecutor(10) as pool:
        assert {"LinekeeperError"} == set(pool.map(told, range(10)))
    assert 1 == len(asked)


def test_yesterdays_keys_are_good_while_new_ones_cannot_be_fetched(world: World) -> None:
    gate, tomorrow = world.gate(), NOON + timedelta(hours=25)
    gate.admit(world.bearer(), NOON)
    world.entra.broken = True

    gate.admit(world.bearer(tomorrow), tomorrow)

    assert 2 == world.entra.key_requests


def test_says_that_the_tenant_is_missing(world: World) -> None:
    with pytest.raises(LinekeeperError, match="ALERT_TENANT is missing"):
        world.gate(tenant=None).admit(world.bearer(), NOON)


@pytest.mark.parametrize("tenant", ["contoso.com", "contoso.onmicrosoft.com", "common"])
def test_a_tenant_that_is_named_otherwise_refuses_nobody_for_good(world: World, tenant: str) -> None:
    with pytest.raises(LinekeeperError, match="ALERT_TENANT is not a GUID") as raised:
        world.gate(tenant=tenant).admit(world.bearer(), NOON)

    assert not isinstance(raised.value, UnauthorizedError)


def test_an_audience_in_capitals_is_the_same(world: World) -> None:
    gate = EntraGate(world.address, TENANT, ["api://3D5E6F70-0002-4000-8000-00000000C003"])

    gate.admit(world.bearer(aud="api://3d5e6f70-0002-4000-8000-00000000c003"), NOON)


@given(st.text() | st.text(alphabet='abc.{}[]"=e30', max_size=60))
def test_any_text_is_a_stranger(text: str) -> None:
    gate = EntraGate("https://127.0.0.1:9", TENANT, [AUDIENCE])

    with contextlib.suppress(LinekeeperError):
        gate.admit(f"Bearer {text}", NOON)
