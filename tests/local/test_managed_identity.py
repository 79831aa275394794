from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette

from local.azure.identity import PATH, Identity
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server

LOGS = "https://api.loganalytics.io"


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2025, 2, 25, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


def get(identity: Identity, *, header: str | None = None, **query: str) -> tuple[int, dict[str, str]]:
    import requests

    trusted, listener = certificate(), free_port()
    with https_server(Starlette(routes=identity.routes()), listener, trusted):
        response = requests.get(
            address_of(listener) + PATH,
            params=query,
            headers={"X-IDENTITY-HEADER": identity.header if header is None else header},
            verify=str(trusted),
            timeout=10,
        )
        return response.status_code, response.json()


def test_gives_a_token_for_the_resource_with_its_end() -> None:
    clock = SetClock()
    identity = Identity(clock, timedelta(hours=1))

    status, answer = get(identity, **{"api-version": "2019-08-01", "resource": LOGS, "client_id": "cafe"})

    ends = str(int((clock.time + timedelta(hours=1)).timestamp()))
    assert (200, LOGS, "Bearer", ends, "cafe") == (
        status,
        answer["resource"],
        answer["token_type"],
        answer["expires_on"],
        answer["client_id"],
    )
    assert identity.accepts(answer["access_token"], frozenset({LOGS}))


@pytest.mark.parametrize("header", ["", "guessed"])
def test_refuses_a_caller_without_the_header(header: str) -> None:
    status, _ = get(Identity(), header=header, **{"api-version": "2019-08-01", "resource": LOGS})

    assert 401 == status


@pytest.mark.parametrize("query", [{"resource": LOGS}, {"api-version": "2019-08-01"}])
def test_refuses_a_request_that_is_incomplete(query: dict[str, str]) -> None:
    status, _ = get(Identity(), **query)

    assert 400 == status


def test_no_longer_accepts_a_token_after_its_end() -> None:
    clock = SetClock()
    identity = Identity(clock, timedelta(hours=1))
    token, _ = identity.issue(LOGS)
    clock.time += timedelta(hours=1)

    assert not identity.accepts(token, frozenset({LOGS}))
