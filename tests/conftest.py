"""Sort the tests, for what runs KQL, the compiler or replays is slower than the rest; and give them storage."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.azure.azurite import Azurite
    from shared.cloud.storage.account import Storage

CHECKS = (
    "playbooks/test_acs_",
    "playbooks/test_compiler_gate",
    "playbooks/test_connection_failures_",
    "playbooks/test_drop_",
    "playbooks/test_event_handler_errors",
    "playbooks/test_transcription_",
    "signals/test_acs_",
    "signals/test_signal_gate",
    "signals/test_web_pubsub_",
)
REPLAYS = (
    "contract/test_http_",
    "contract/test_alert_storm",
    "contract/test_crash_points",
    "contract/test_two_hosts",
    "incidents/test_cases",
    "incidents/test_played_cases",
    "incidents/test_played_team_page",
    "local/test_replay",
)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is not a unit test, by the place where it stands."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(CHECKS):
            item.add_marker("checks")
        elif place.startswith(REPLAYS):
            item.add_marker("replays")


@pytest.fixture(scope="session")
def azurite() -> "Iterator[Azurite]":
    """Run one Azurite for all tests of this process."""
    from local.azure.azurite import azurite as running

    with running() as found:
        yield found


@pytest.fixture
def storage_environment(azurite: "Azurite", monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Put the settings of an account that no test has used into the environment, and return them."""
    environment = azurite.environment_of(azurite.unused())
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def storage(storage_environment: dict[str, str]) -> "Storage":
    """Return storage that is empty."""
    from shared.cloud.storage.account import Storage
    from shared.settings import Settings

    return Storage.from_settings(Settings.from_environment(storage_environment))
