"""`local.settings.json.example` starts as it stands: copied, with Azurite beside it, and nothing filled in."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.azure.azurite import Azurite
from local.host import Host
from shared.app.runtime import hosted
from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from shared.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "local.settings.json.example"
TIMERS = ("send_due_notices", "track_incidents", "try_line", "watch_connectivity")


@pytest.fixture
def values() -> Mapping[str, str]:
    values: dict[str, str] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["Values"]
    return values


def test_the_host_finds_no_setting_of_its_own_empty(values: Mapping[str, str]) -> None:
    """It would take an empty address for the address of its storage."""
    assert [] == [name for name, value in values.items() if name.startswith("AzureWebJobs") and not value]


def test_every_value_is_a_text(values: Mapping[str, str]) -> None:
    """Core Tools take no other, for each becomes a variable of the environment."""
    assert [] == [name for name, value in values.items() if not isinstance(value, str)]


def test_no_function_is_left_out(values: Mapping[str, str]) -> None:
    assert {} == Host(settings=values).unusable


def test_its_storage_is_that_of_azurite(values: Mapping[str, str]) -> None:
    queue = Storage.from_settings(Settings.from_environment(values))._services.queues

    assert "http://127.0.0.1:10001/devstoreaccount1" == queue.url.rstrip("/")


def test_every_timer_fires_and_readiness_is_answered(
    values: Mapping[str, str], azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**values, **azurite.environment_of(azurite.unused())}.items():
        monkeypatch.setenv(name, value)
    # No address of Azure is called from a test.
    for name in ("LOGS_ENDPOINT", "METRICS_ENDPOINT", "ARM_ENDPOINT", "ENTRA_ENDPOINT"):
        monkeypatch.setenv(name, "https://127.0.0.1:9")
    with hosted(SystemClock()):
        host = Host()

        assert [(timer, None) for timer in TIMERS] == [(timer, host.fire(timer).error) for timer in TIMERS]
        host.drain()
        assert 200 == host.request("GET", "/api/health/live").status_code
        assert host.request("GET", "/api/health/ready").status_code in {200, 503}
