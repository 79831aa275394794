"""Sort the tests: what runs KQL, the compiler or whole replays is slower than the rest."""

from pathlib import Path

import pytest

CHECKS = (
    "playbooks/test_acs_",
    "playbooks/test_compiler_gate",
    "playbooks/test_connection_failures_",
    "playbooks/test_drop_",
    "playbooks/test_event_handler_errors",
    "playbooks/test_transcription_",
)
REPLAYS = ("incidents/test_cases", "local/test_replay")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is no unit test, by the place where it stands."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(CHECKS):
            item.add_marker("checks")
        elif place.startswith(REPLAYS):
            item.add_marker("replays")
