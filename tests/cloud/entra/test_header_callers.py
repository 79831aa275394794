"""Who asks is known by App Service, by a token or by a key; whatever else is shown proves nothing."""

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.azure.entra import Entra
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.cloud.entra.callers import HeaderCallers, trusted_issuer
from shared.configuration.tokens import Issuer
from shared.errors import LinekeeperError
from shared.tokens.caller import ANONYMOUS, Caller, CallerKind, UnknownCallerError

TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
AUDIENCE = "api://linekeeper"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "the key of the chat's backend"
PARTNER = "https://login.partner.example/"
SHARED_SECRET = "a secret that somebody published by mistake, of 32 bytes"
ALICE = {"aud": AUDIENCE, "oid": "alice-of-contoso", "roles": ["agent"]}


class Partner:
    """An issuer that is not Entra: its keys are elliptic, and it publishes a secret by mistake."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def token(self, now: datetime, **claims: Any) -> str:
        whole = {"iss": PARTNER, "aud": AUDIENCE, "sub": "bob", "exp": int(now.timestamp()) + 600, **claims}
        return jwt.encode(whole, self.key, "ES256", headers={"kid": "elliptic"})

    def routes(self) -> list[Route]:
        return [Route("/partner/keys", self._published)]

    async def _published(self, _: Request) -> JSONResponse:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        secret = base64.urlsafe_b64encode(SHARED_SECRET.encode()).decode().rstrip("=")
        keys = [{**public, "kid": "elliptic"}, {"kty": "oct", "k": secret, "kid": "shared", "alg": "HS256"}]
        return JSONResponse({"keys": keys})


@dataclass
class World:
    entra: Entra
    partner: Partner
    callers: HeaderCallers

    def identify(self, token: str, now: datetime = NOON) -> Caller:
        return self.callers.identify({"authorization": f"Bearer {token}"}, now)

    def alice(self, now: datetime = NOON, **claims: Any) -> str:
        return self.entra.token(now, **{**ALICE, **claims})


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    trusted, listener = certificate(), free_port()
    address = address_of(listener)
    entra, partner = Entra(TENANT, address), Partner()
    issuers = [
        Issuer((AUDIENCE, "2222"), tenant=TENANT, user="oid"),
        Issuer((AUDIENCE,), issuer=PARTNER, jwks=f"{address}/partner/keys", prefix="partner:"),
    ]
    with (
        pytest.MonkeyPatch.context() as patch,
        https_server(Starlette(routes=[*entra.routes(), *partner.routes()]), listener, trusted),
    ):
        patch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        known = [trusted_issuer(issuer, address) for issuer in issuers]
        yield World(entra, partner, HeaderCallers(known, KEY, is_authenticated=False))


def behind_app_service() -> HeaderCallers:
    return HeaderCallers([], KEY, is_authenticated=True)


def principal(*claims: tuple[Any, Any], **others: Any) -> dict[str, str]:
    content = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims], **others}
    return {"x-ms-client-principal": base64.b64encode(json.dumps(content).encode()).decode()}


def test_who_shows_nothing_is_anonymous(world: World) -> None:
    assert ANONYMOUS == world.callers.identify({}, NOON)
    assert ANONYMOUS == world.callers.identify({"authorization": ""}, NOON)


@pytest.mark.parametrize("version", [1, 2])
def test_a_token_of_the_tenant_names_its_person_and_roles(world: World, version: int) -> None:
    caller = world.identify(world.alice(version=version))

    assert Caller("alice-of-contoso", frozenset({"agent"}), CallerKind.TOKEN) == caller


def test_a_token_of_another_issuer_names_its_person_with_a_prefix(world: World) -> None:
    caller = world.identify(world.partner.token(NOON, roles="guest"))

    assert Caller("partner:bob", frozenset({"guest"}), CallerKind.TOKEN) == caller


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"exp": seconds(NOON) - 301}, "has expired", id="expired"),
        pytest.param({"exp": None}, "not valid", id="without an end"),
        pytest.param({"exp": "soon"}, "not numbers", id="an end that is not a number"),
        pytest.param({"exp": float("nan")}, "has expired", id="an end that is not comparable"),
        pytest.param({"nbf": seconds(NOON) + 301}, "not valid yet", id="of tomorrow"),
        pytest.param({"aud": "api://another"}, "another audience", id="for another audience"),
        pytest.param({"aud": None}, "not valid", id="for nobody"),
        pytest.param({"aud": []}, "another audience|not valid", id="for an empty list"),
        pytest.param({"iss": PARTNER}, "a key that the tenant does not have", id="of a partner by name only"),
        pytest.param({"iss": "https://sts.windows.net/another/"}, "another issuer", id="of another tenant"),
        pytest.param({"iss": f"https://evil.example/{TENANT}/v2.0"}, "another issuer", id="of an evil twin"),
        pytest.param({"iss": None}, "another issuer", id="of nobody"),
        pytest.param({"oid": None}, "names no user", id="about nobody"),
        pytest.param({"oid": ["alice"]}, "names no user", id="about a list"),
        pytest.param({"oid": "a\u202eb"}, "names no user", id="about a name that shows another"),
        pytest.param({"oid": "x" * 129}, "names no user", id="about a name without end"),
    ],
)
def test_refuses_a_token(world: World, claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnknownCallerError, match=reason):
        world.identify(world.alice(**claims))


def unsigned(claims: Mapping[str, Any], **header: Any) -> str:
    def part(content: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'typ': 'JWT', **header})}.{part(claims)}."


def genuine(world: World) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(world.alice(), options={"verify_signature": False})
    return claims


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_refuses_a_token_that_says_it_needs_no_signature(world: World, name: str) -> None:
    with pytest.raises(UnknownCallerError):
        world.identify(unsigned(genuine(world), alg=name, kid="key-1"))


def test_refuses_a_signature_made_with_the_public_key_as_a_secret(world: World) -> None:
    """Algorithm confusion: whoever lets the token choose, checks HMAC with a key that everybody may read."""
    world.identify(world.alice())
    key = world.callers._issuers[f"https://sts.windows.net/{TENANT}/"].jwks.find("key-1", NOON)
    assert key is not None
    public = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, payload, _ = unsigned(genuine(world), alg="HS256", kid="key-1").split(".")
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{head}.{payload}".encode(), public
    )
    forged = f"{head}.{payload}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    with pytest.raises(UnknownCallerError, match="InvalidAlgorithmError"):
        world.identify(forged)


def test_refuses_a_secret_that_was_published_by_mistake(world: World) -> None:
    claims = jwt.decode(world.partner.token(NOON), options={"verify_signature": False})
    forged = jwt.encode(claims, SHARED_SECRET, "HS256", headers={"kid": "shared"})

    with pytest.raises(UnknownCallerError, match="a key that the tenant does not have"):
        world.identify(forged)


def test_refuses_an_algorithm_that_the_issuer_does_not_use(world: World) -> None:
    forged = jwt.encode(genuine(world), world.partner.key, "ES256", headers={"kid": "key-1"})

    with pytest.raises(UnknownCallerError):
        world.identify(forged)


def test_refuses_a_token_that_was_changed(world: World) -> None:
    head, _, signature = world.alice().split(".")
    payload = unsigned({**genuine(world), "roles": ["lead"]}).split(".")[1]

    with pytest.raises(UnknownCallerError, match="InvalidSignatureError"):
        world.identify(f"{head}.{payload}.{signature}")


@pytest.mark.parametrize("header", ["Basic YWRhOmFkYQ==", "Bearer", "Bearer ", "Bearer a.b.c", "alice"])
def test_refuses_what_is_not_a_bearer_token(world: World, header: str) -> None:
    with pytest.raises(UnknownCallerError):
        world.callers.identify({"authorization": header}, NOON)


def test_a_bad_token_is_not_made_good_by_the_key(world: World) -> None:
    headers = {"authorization": "Bearer a.b.c", "x-negotiate-key": KEY, "x-negotiate-user": "alice"}

    with pytest.raises(UnknownCallerError):
        world.callers.identify(headers, NOON)


def test_says_when_the_keys_of_an_issuer_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    issuer = Issuer((AUDIENCE,), issuer=PARTNER, jwks="https://127.0.0.1:9/keys")
    callers = HeaderCallers([trusted_issuer(issuer, "https://127.0.0.1:9")], KEY, is_authenticated=False)

    with pytest.raises(LinekeeperError, match="cannot be fetched") as refused:
        callers.identify({"authorization": f"Bearer {Partner().token(NOON)}"}, NOON)
    assert (False, False) == (refused.value.permanent, isinstance(refused.value, UnknownCallerError))


def test_a_backend_asks_on_behalf_of_a_user(world: World) -> None:
    headers = {"x-negotiate-key": KEY, "x-negotiate-user": "alice"}

    assert Caller("alice", frozenset(), CallerKind.KEY) == world.callers.identify(headers, NOON)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-negotiate-key": "guess", "x-negotiate-user": "alice"},
        {"x-negotiate-key": "", "x-negotiate-user": "alice"},
        {"x-negotiate-key": KEY[:-1], "x-negotiate-user": "alice"},
        {"x-negotiate-key": "sch\u00fcssel \ud800", "x-negotiate-user": "alice"},
        {"x-negotiate-key": KEY},
        {"x-negotiate-key": KEY, "x-negotiate-user": " alice"},
        {"x-negotiate-key": KEY, "x-negotiate-user": "a\nb"},
    ],
)
def test_refuses_a_key_that_is_not_ours_and_a_user_that_has_no_name(
    world: World, headers: dict[str, str]
) -> None:
    with pytest.raises(UnknownCallerError):
        world.callers.identify(headers, NOON)


@pytest.mark.parametrize("given_key", ["", "None", "anything"])
def test_without_a_key_in_the_settings_no_key_is_good(given_key: str) -> None:
    callers = HeaderCallers([], None, is_authenticated=False)

    with pytest.raises(UnknownCallerError):
        callers.identify({"x-negotiate-key": given_key, "x-negotiate-user": "alice"}, NOON)


def test_whom_app_service_signed_in_is_known_by_the_id_that_stays() -> None:
    headers = principal(
        ("preferred_username", "alice@contoso.example"),
        ("http://schemas.microsoft.com/identity/claims/objectidentifier", "alice-of-contoso"),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier", "another"),
        ("roles", "agent"),
        ("groups-as-roles", "lead"),
        role_typ="groups-as-roles",
    )

    expected = Caller("alice-of-contoso", frozenset({"agent", "lead"}), CallerKind.APP_SERVICE)
    assert expected == behind_app_service().identify(headers, NOON)


def test_the_header_of_app_service_is_not_read_where_anybody_may_write_it(world: World) -> None:
    assert ANONYMOUS == world.callers.identify(principal(("oid", "alice")), NOON)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ms-client-principal": "x"},
        {"x-ms-client-principal": "e30="},
        {"x-ms-client-principal": "A" * 70_000},
        {"x-ms-client-principal": base64.b64encode(b"[" * 9_000).decode()},
        principal(),
        principal(("name", "alice")),
        principal(("oid", 7)),
        principal(("oid", "")),
        principal((["oid"], "alice")),
    ],
)
def test_a_principal_that_names_nobody_is_refused_and_not_anonymous(headers: dict[str, str]) -> None:
    with pytest.raises(UnknownCallerError):
        behind_app_service().identify(headers, NOON)


HEADERS = st.sampled_from(["authorization", "x-negotiate-key", "x-negotiate-user", "x-ms-client-principal"])
TEXTS = (
    st.text()
    | st.text().map("Bearer {}".format)
    | st.binary().map(lambda raw: base64.b64encode(raw).decode())
)


@given(st.dictionaries(HEADERS, TEXTS), st.booleans())
def test_any_headers_are_answered(headers: dict[str, str], is_authenticated: bool) -> None:
    issuer = trusted_issuer(Issuer((AUDIENCE,), tenant=TENANT), "https://127.0.0.1:9")
    callers = HeaderCallers([issuer], KEY, is_authenticated=is_authenticated)

    with contextlib.suppress(UnknownCallerError):
        assert ANONYMOUS == callers.identify(headers, NOON + timedelta(0))
