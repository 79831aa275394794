"""Tell whether the app's storage account answers."""

from collections.abc import Callable

from azure.core.exceptions import AzureError

from shared.cloud.storage.account import Storage
from shared.errors import LinekeeperError

_NO_ROW = "PartitionKey eq ''"  # matches no row, so that the query costs little


def check_storage(storage: Storage, table: str, queue: str, container: str) -> None:
    """Ask one table, one queue and one container for their properties.

    Raises:
        LinekeeperError: one of them does not answer, and which.
    """
    calls: dict[str, Callable[[], object]] = {
        f"table {table}": lambda: next(iter(storage.table(table).query_entities(_NO_ROW)), None),
        f"queue {queue}": lambda: storage.queue(queue).get_queue_properties(),
        f"container {container}": lambda: storage.container(container).get_container_properties(),
    }
    for name, call in calls.items():
        try:
            call()
        except AzureError as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise LinekeeperError(f"the {name} does not answer: {first}", permanent=False) from error
