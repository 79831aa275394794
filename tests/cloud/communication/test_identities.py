"""The adapter of the SDK: what it asks for, and what each answer of the service means."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from local.azure.identity import Identity
from local.communication.doorkeeper import ENTRA_AUDIENCE, AccessKeys
from local.communication.limits import Operation
from local.communication.service import IdentityService
from local.machine.certificates import certificate
from shared.cloud.communication.identities import CommunicationIdentities, identities_by_connection
from shared.errors import LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.acs_identities import IdentityGoneError, LostAnswerError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class StillClock:
    def now(self) -> datetime:
        return NOON


class Login:
    """The app's identity."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.error: Exception | None = None

    def get_token(self, *_: str, **__: object) -> AccessToken:
        if self.error:
            raise self.error
        return AccessToken(self.identity.issue(ENTRA_AUDIENCE)[0], 4_000_000_000)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityService]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    limits = {Operation.CREATE: 2}
    with IdentityService(certificate(), clock=StillClock(), limits=limits, identity=Identity()) as running:
        yield running


@pytest.fixture
def identities(service: IdentityService) -> CommunicationIdentities:
    return identities_by_connection(service.connection_string())


def test_creates_issues_revokes_and_deletes(
    identities: CommunicationIdentities, service: IdentityService
) -> None:
    identity = identities.create()
    token = identities.issue(identity, ["voip", "chat.join"], HOUR)
    identities.revoke(identity)

    assert NOON + HOUR == token.expires_at
    assert (NOON, 1) == (service.identities[identity].revoked_at, service.identities[identity].tokens)
    identities.delete(identity)
    assert {identity} == service.deleted


def test_an_identity_that_was_deleted_is_gone(identities: CommunicationIdentities) -> None:
    identity = identities.create()
    identities.delete(identity)

    for step in (identities.revoke, identities.delete, lambda one: identities.issue(one, ["voip"], HOUR)):
        with pytest.raises(IdentityGoneError) as raised:
            step(identity)
        assert raised.value.permanent


def test_a_busy_service_says_for_how_long_and_is_asked_once(
    identities: CommunicationIdentities, service: IdentityService
) -> None:
    for _ in range(2):
        identities.create()

    with pytest.raises(DependencyDownError) as raised:
        identities.create()
    assert timedelta(seconds=30) == raised.value.retry_after
    assert 1 == service.limits.refused[Operation.CREATE]


def test_an_answer_that_is_lost_may_have_left_an_identity(
    identities: CommunicationIdentities, service: IdentityService
) -> None:
    service.lost_creates = 1

    with pytest.raises(LostAnswerError):
        identities.create()
    assert 1 == len(service.identities)  # and the SDK did not try again


def test_a_service_that_was_never_reached_left_nothing() -> None:
    with pytest.raises(LinekeeperError, match="cannot be reached") as raised:
        CommunicationIdentities("https://127.0.0.1:9", Login(Identity())).create()
    assert not isinstance(raised.value, LostAnswerError)
    assert not raised.value.permanent


def test_a_key_that_was_regenerated_is_told(
    identities: CommunicationIdentities, service: IdentityService
) -> None:
    identities.check()
    service.keys.primary = AccessKeys().primary

    for step in (identities.check, identities.create):
        with pytest.raises(
            LinekeeperError, match=r"answers 401: .*Denied by the resource provider"
        ) as raised:
            step()
        assert not raised.value.permanent


def test_an_identity_of_entra_is_good(service: IdentityService) -> None:
    service.keys.enabled = False
    login = Login(Identity())
    with pytest.raises(LinekeeperError, match="answers 401"):
        CommunicationIdentities(service.endpoint, login).check()
    login.error = ClientAuthenticationError("no identity is assigned")

    with pytest.raises(LinekeeperError, match=r"no token for Communication Services .*: no identity"):
        CommunicationIdentities(service.endpoint, login).create()


def test_a_service_that_is_down_is_told(
    identities: CommunicationIdentities, service: IdentityService
) -> None:
    service.is_down = True

    with pytest.raises(LinekeeperError, match="answers 500"):
        identities.check()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ward",
        "endpoint=https://ward.example",
        "accesskey=dm9pY2U=",
        "endpoint=http://ward.example/;accesskey=dm9pY2U=",
        "endpoint=https://ward.example/;accesskey=not base64!",
    ],
)
def test_what_is_not_a_connection_string_is_named_and_not_repeated(text: str) -> None:
    with pytest.raises(LinekeeperError, match="the setting ACS_CONNECTION is not") as raised:
        identities_by_connection(text)
    assert "dm9pY2U" not in raised.value.message
