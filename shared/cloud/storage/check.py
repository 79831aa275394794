"""Tell whether the app's storage account answers."""

from collections.abc import Callable

from azure.core.exceptions import AzureError

from shared.cloud.storage.account import Storage
from shared.errors import LinekeeperError

_NONE = "PartitionKey eq ''"  # no row is like that, so the question costs little


def check_storage(storage: Storage) -> None:
    """Ask one table, one queue and one container for what they are.

    Raises:
        LinekeeperError: one of them does not answer, and which.
    """
    asked: dict[str, Callable[[], object]] = {
        "table incidents": lambda: next(iter(storage.table("incidents").query_entities(_NONE)), None),
        "queue work": lambda: storage.queue("work").get_queue_properties(),
        "container documents": lambda: storage.container("documents").get_container_properties(),
    }
    for name, ask in asked.items():
        try:
            ask()
        except AzureError as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise LinekeeperError(f"the {name} does not answer: {first}", permanent=False) from error
