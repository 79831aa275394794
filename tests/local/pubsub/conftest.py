from collections.abc import Iterator

import pytest
from pubsub_stage import MemoryRows

from local.pubsub.service import PubSubService


@pytest.fixture
def rows() -> MemoryRows:
    return MemoryRows()


@pytest.fixture
def service(rows: MemoryRows) -> Iterator[PubSubService]:
    with PubSubService(rows_to=rows) as service:
        yield service
