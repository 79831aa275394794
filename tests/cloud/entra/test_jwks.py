"""Keys that Entra publishes are found at once, and fetched no oftener than is needed, whoever asks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from starlette.applications import Starlette

from local.azure.entra import Entra
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.cloud.entra.jwks import Jwks
from shared.errors import LinekeeperError
from tests.door import Door

TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Tenant:
    """A tenant of Entra, whose first key is `key-1`, and a key set of it that nobody asked for anything yet."""

    entra: Entra
    jwks: Jwks

    def has(self, kid: str, now: datetime) -> bool:
        return self.jwks.find(kid, now) is not None

    def asks_for_another_try(self, kid: str, now: datetime) -> bool:
        try:
            self.jwks.find(kid, now)
        except LinekeeperError as error:
            return not error.permanent
        return False


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    trusted, listener = certificate(), free_port()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    address = address_of(listener)
    entra = Entra(TENANT, address)
    with https_server(Starlette(routes=entra.routes()), listener, trusted):
        yield Tenant(entra, Jwks(f"{address}/{TENANT}/discovery/v2.0/keys"))


def test_a_key_that_is_known_is_fetched_once_a_day(tenant: Tenant) -> None:
    assert all(tenant.has("key-1", NOON + hour * HOUR) for hour in range(24))
    assert 1 == tenant.entra.key_requests

    tenant.has("key-1", NOON + 24 * HOUR)
    assert 2 == tenant.entra.key_requests


def test_a_key_that_was_rotated_is_found_at_once(tenant: Tenant) -> None:
    tenant.has("key-1", NOON)
    tenant.entra.rotate()

    assert tenant.has("key-2", NOON + SECOND)


def test_a_key_that_nobody_has_is_asked_for_once_in_five_minutes(tenant: Tenant) -> None:
    assert not tenant.has("forged", NOON)
    assert all(tenant.asks_for_another_try("forged", NOON + second * SECOND) for second in range(1, 300))
    assert 1 == tenant.entra.key_requests

    assert not tenant.has("forged", NOON + 5 * MINUTE)
    assert 2 == tenant.entra.key_requests


def test_a_stranger_who_makes_up_a_hundred_keys_causes_ten_fetches(tenant: Tenant) -> None:
    answers = [
        tenant.asks_for_another_try(f"forged-{number}", NOON + number * SECOND) for number in range(100)
    ]

    assert [*[False] * 10, *[True] * 90] == answers
    assert 10 == tenant.entra.key_requests


def test_a_key_that_is_known_is_found_whatever_strangers_make_up(tenant: Tenant) -> None:
    for number in range(100):
        tenant.asks_for_another_try(f"forged-{number}", NOON)

    assert tenant.has("key-1", NOON + SECOND)


def test_a_key_that_is_published_after_it_was_missed_is_never_refused_for_good(tenant: Tenant) -> None:
    tenant.has("key-1", NOON)
    assert not tenant.has("key-2", NOON + SECOND)
    tenant.entra.rotate()

    assert tenant.asks_for_another_try("key-2", NOON + 2 * SECOND)
    assert tenant.has("key-2", NOON + SECOND + 5 * MINUTE)


def test_a_new_key_is_never_refused_for_good_while_strangers_make_up_others(tenant: Tenant) -> None:
    for number in range(10):
        tenant.has(f"forged-{number}", NOON)
    tenant.entra.rotate()

    assert tenant.asks_for_another_try("key-2", NOON + SECOND)
    assert tenant.has("key-2", NOON + 5 * MINUTE)


def test_a_failed_fetch_is_tried_again_after_half_a_minute(tenant: Tenant) -> None:
    tenant.entra.broken = True
    for second in range(60):
        with pytest.raises(LinekeeperError, match="fetched"):
            tenant.jwks.find("key-1", NOON + second * SECOND)
    assert 2 == tenant.entra.key_requests

    tenant.entra.broken = False
    assert tenant.has("key-1", NOON + MINUTE)


def test_a_failed_fetch_does_not_make_a_key_unknown(tenant: Tenant) -> None:
    """Refused for good would be wrong: the key may be among those that could not be fetched."""
    tenant.has("key-1", NOON)
    tenant.entra.rotate()
    tenant.entra.broken = True
    with pytest.raises(LinekeeperError, match="cannot be fetched: HTTPError") as failure:
        tenant.jwks.find("key-2", NOON + SECOND)
    assert not failure.value.permanent

    tenant.entra.broken = False
    assert tenant.has("key-2", NOON + MINUTE)


def test_keys_that_were_read_in_the_future_of_a_clock_that_was_set_back_are_fetched_anew(
    tenant: Tenant,
) -> None:
    tenant.has("key-1", NOON)
    tenant.has("key-1", NOON - 48 * HOUR)

    assert 2 == tenant.entra.key_requests


def test_ten_callers_who_wait_together_share_one_fetch(tenant: Tenant) -> None:
    door = Door()

    class Slow(requests.Session):
        def get(self, url: Any, **options: Any) -> Any:
            assert all(door.came.acquire(timeout=60) for _ in range(10))
            return super().get(url, **options)

    tenant.jwks._session, tenant.jwks._lock = Slow(), door  # type: ignore[assignment]

    with ThreadPoolExecutor(10) as pool:
        # Clocks are read before the wait, so a later caller may come with an earlier time.
        answers = list(pool.map(lambda number: tenant.has("key-1", NOON - number * SECOND), range(10)))
    assert ([True] * 10, 1) == (answers, tenant.entra.key_requests)


def test_a_key_that_is_known_waits_for_no_fetch_that_a_stranger_asked_for(tenant: Tenant) -> None:
    tenant.has("key-1", NOON)
    found: list[bool] = []

    class Hanging(requests.Session):
        def get(self, url: Any, **options: Any) -> Any:
            with ThreadPoolExecutor(1) as other:
                found.append(other.submit(tenant.has, "key-1", NOON + SECOND).result(timeout=20))
            return super().get(url, **options)

    tenant.jwks._session = Hanging()
    tenant.has("forged", NOON + SECOND)

    assert [True] == found
