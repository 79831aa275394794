"""One account for the tests of a module: in memory with the SDKs, in memory without them, and Azurite."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.azure.azurite import Azurite
from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from shared.settings import Settings
from tests.simulation.clients.line import Line
from tests.simulation.clients.without_sdk import storage_without_sdk
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage


@pytest.fixture(scope="module", params=["memory", "memory without the SDKs", "Azurite"])
def account(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Return an account that is empty, and then used by all tests of this module."""
    if request.param == "memory":
        yield memory_storage(MemoryTransport(MemoryAccount(SystemClock().now)))
        return
    if request.param == "memory without the SDKs":
        yield storage_without_sdk(Line(MemoryAccount(SystemClock().now), tries=1))
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    environment = azurite.environment_of(azurite.unused())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Storage.from_settings(Settings.from_environment(environment))


@pytest.fixture
def table(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.table(f"t{abs(hash(request.node.name))}")


@pytest.fixture
def queue(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.queue(f"q{abs(hash(request.node.name))}")


@pytest.fixture
def container(account: Storage, request: pytest.FixtureRequest) -> Any:
    return account.container(f"c{abs(hash(request.node.name))}")
