"""Sort the tests, for what runs KQL, the compiler or replays is slower than the rest; and give them storage."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import drawn

if TYPE_CHECKING:
    from local.azure.azurite import Azurite
    from shared.cloud.storage.account import Storage

CHECKS = (
    "local/pubsub/test_pubsub_broken",
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
    "contract/test_acs_identities",
    "contract/test_http_",
    "contract/test_alert_storm",
    "contract/test_crash_points",
    "contract/test_two_hosts",
    "incidents/test_cases",
    "incidents/test_played_cases",
    "incidents/test_played_declared",
    "incidents/test_played_team_page",
    "infra/test_roles",
    "local/test_partial",
    "local/test_replay",
    "local/test_trials",
    "simulation/test_seeds",
)
# What takes longest starts first, so that no worker ends with a long file while the other has nothing to do.
LONGEST = (
    "contract/test_two_hosts",
    "contract/test_crash_points",
    "incidents/test_played_cases",
    "incidents/test_cases",
    "simulation/test_seeds",
    "contract/test_alert_storm",
    "contract/test_acs_identities",
    "incidents/test_played_team_page",
    "incidents/test_consequence",
    "incidents/test_track",
    "infra/test_roles",
    "local/test_installed",
    "local/test_host_faulty_settings",
    "local/test_replay",
)
HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Let `make thorough` run every example, in the workers too, and let no example fail for its time."""
    # A busy machine makes any example slow. What else a profile of the environment sets, stays.
    hypothesis.settings.register_profile("no deadline", hypothesis.settings(deadline=None))
    hypothesis.settings.load_profile("no deadline")
    if _is_thorough(config):
        drawn.be_thorough()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is not a unit test, by the place where it stands, and begin with what takes longest."""
    for item in items:
        place = place_of(item)
        if place.startswith(CHECKS):
            item.add_marker("checks")
        elif place.startswith(REPLAYS):
            item.add_marker("replays")
    items.sort(key=rank)


def rank(item: pytest.Item) -> int:
    place = place_of(item)
    longest = next((rank for rank, start in enumerate(LONGEST) if place.startswith(start)), None)
    if longest is not None:
        return longest
    return len(LONGEST) + (0 if place.startswith(REPLAYS) else 1 if place.startswith(CHECKS) else 2)


def place_of(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).as_posix()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note on the report what a test is a sample of."""
    for mark in item.iter_markers("sample"):
        if mark.args:
            item.user_properties.append(("sample", mark.args))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests want to show, what was drawn, and the seed that draws it again."""
    stats = terminalreporter.stats
    ended = [report for outcome in ("passed", "failed") for report in stats.get(outcome, ())]
    for report in ended:
        for name, value in report.user_properties:
            if name == "figure" or (name == "print" and _is_thorough(terminalreporter.config)):
                terminalreporter.write_line(str(value))
    sampled = drawn.coverage(ended)
    if sampled:
        terminalreporter.section(f"drawn with TEST_SEED={drawn.SEED}")
        for line in sampled:
            terminalreporter.line(line)


def _is_thorough(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "thorough")


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
