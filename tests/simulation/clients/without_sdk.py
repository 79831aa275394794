"""The app's storage over clients that stand for those of the SDKs, without their pipelines: the same calls, answers and errors.

An SDK takes two milliseconds for a request that is answered at once; a night's seeds are a hundred million requests.
"""

from types import SimpleNamespace

from shared.cloud.storage.account import Storage, _Services
from tests.simulation.clients.blobs import ContainerInMemory
from tests.simulation.clients.line import Line
from tests.simulation.clients.queues import QueueInMemory
from tests.simulation.clients.tables import TableInMemory


def storage_without_sdk(line: Line) -> Storage:
    """Return the app's storage over an account in memory, without the SDKs."""
    tables = SimpleNamespace(
        create_table_if_not_exists=lambda name: _made_table(line, name),
        get_table_client=lambda name: TableInMemory(line, name),
    )
    queues = SimpleNamespace(get_queue_client=lambda name: QueueInMemory(line, name))
    blobs = SimpleNamespace(get_container_client=lambda name: ContainerInMemory(line, name))
    return Storage(_Services(tables, queues, blobs))  # type: ignore[arg-type]  # they stand for the SDKs'


def _made_table(line: Line, name: str) -> TableInMemory:
    table = TableInMemory(line, name)
    table.create()
    return table
