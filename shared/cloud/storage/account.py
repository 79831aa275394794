"""Tables, queues and blobs of the app's storage account, each made on first use."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, QueueServiceClient

from shared.cloud.entra.credentials import caller_login, managed_identity
from shared.errors import LinekeeperError
from shared.settings import Settings

# Azurite's published account and ports; `azure-storage-blob` does not know the table service's share of them.
# https://learn.microsoft.com/azure/storage/common/storage-use-azurite#http-connection-strings
_DEVELOPMENT = "usedevelopmentstorage=true"
_DEVELOPMENT_STRING = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)
# A function has five minutes; the SDKs would wait five for one answer, and 15 seconds before they ask again.
_TIMEOUTS: Mapping[str, Any] = {"connection_timeout": 10, "read_timeout": 30}
_TABLE_RETRIES: Mapping[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.5, "retry_backoff_max": 5}
_OTHER_RETRIES: Mapping[str, Any] = {"retry_total": 3, "initial_backoff": 1, "increment_base": 2}
# For callers who wait for an answer and try again by themselves: an error at once serves them better than a late one.
_FAST_TIMEOUTS: Mapping[str, Any] = {"connection_timeout": 3, "read_timeout": 3}
_FAST_TABLE_RETRIES: Mapping[str, Any] = {**_TABLE_RETRIES, "retry_total": 1}
_FAST_OTHER_RETRIES: Mapping[str, Any] = {
    "retry_total": 1,
    "initial_backoff": 0,
    "increment_base": 1,
    "random_jitter_range": 1,
}

_Client = TypeVar("_Client")


@dataclass(frozen=True, slots=True)
class _Services:
    tables: TableServiceClient
    queues: QueueServiceClient
    blobs: BlobServiceClient


class Storage:
    """One storage account; may be used by several threads.

    Attributes:
        sets_aside: whether what cannot be read is taken out of its table.
    """

    def __init__(self, services: _Services, *, sets_aside: bool = True) -> None:
        self.sets_aside = sets_aside
        self._services = services
        self._clients: dict[tuple[str, str], object] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(
        cls, settings: Settings, credential: TokenCredential | None = None, *, fail_fast: bool = False
    ) -> "Storage":
        """Return the account that the settings name; nothing is asked before first use.

        With `fail_fast` a call that gets no answer is given up within ten seconds, for callers who wait.

        Raises:
            LinekeeperError: they name none, or not all of its services.
        """
        if settings.storage_connection:
            return cls(_services_by_connection(settings.storage_connection, fail_fast=fail_fast))
        identity = credential or managed_identity(settings.client_id)
        return cls(_services_by_identity(settings, identity, fail_fast=fail_fast))

    @classmethod
    def of_account(cls, account: str) -> "Storage":
        """Return an account by its name, asked with the login of the person at the command line.

        What this version cannot read the app's own may: nothing is set aside there.
        """
        settings = Settings.from_environment({"AzureWebJobsStorage__accountName": account})
        return cls(_services_by_identity(settings, caller_login()), sets_aside=False)

    def table(self, name: str) -> TableClient:
        """Return a table."""
        return self._client("table", name, lambda: self._services.tables.create_table_if_not_exists(name))

    def queue(self, name: str) -> QueueClient:
        """Return a queue; its messages are text as it is, as `messageEncoding: none` of host.json says."""
        return self._client("queue", name, lambda: _create_queue(self._services.queues, name))

    def container(self, name: str) -> ContainerClient:
        """Return a container of blobs."""
        return self._client("container", name, lambda: _create_container(self._services.blobs, name))

    def _client(self, kind: str, name: str, create: Callable[[], _Client]) -> _Client:
        if (kind, name) not in self._clients:
            # Not under the lock: where the service is down, no call waits for another's attempts.
            client = create()
            with self._lock:
                self._clients.setdefault((kind, name), client)
        return self._clients[kind, name]  # type: ignore[return-value]  # the kind tells the type


def _create_queue(service: QueueServiceClient, name: str) -> QueueClient:
    queue = service.get_queue_client(name)
    with suppress(ResourceExistsError):  # with other metadata than ours, which does not concern us
        queue.create_queue()
    return queue


def _create_container(service: BlobServiceClient, name: str) -> ContainerClient:
    container = service.get_container_client(name)
    with suppress(ResourceExistsError):  # made by an earlier process, or a moment ago by another
        container.create_container()
    return container


def _services_by_connection(connection: str, *, fail_fast: bool = False) -> _Services:
    table, other = _options(fail_fast=fail_fast)
    text = _DEVELOPMENT_STRING if connection.strip().rstrip(";").lower() == _DEVELOPMENT else connection
    try:
        return _Services(
            TableServiceClient.from_connection_string(text, **table),
            QueueServiceClient.from_connection_string(text, **other),
            BlobServiceClient.from_connection_string(text, **other),
        )
    except ValueError as error:
        raise LinekeeperError(
            "the setting AzureWebJobsStorage is not a connection string; expected what the portal shows under Access keys"
        ) from error


def _services_by_identity(
    settings: Settings, credential: TokenCredential, *, fail_fast: bool = False
) -> _Services:
    table, other = _options(fail_fast=fail_fast)
    tables = _address(settings, settings.storage_tables, "table")
    queues = _address(settings, settings.storage_queues, "queue")
    blobs = _address(settings, settings.storage_blobs, "blob")
    return _Services(
        TableServiceClient(tables, credential=credential, **table),
        QueueServiceClient(queues, credential=credential, **other),
        BlobServiceClient(blobs, credential=credential, **other),
    )


def _options(*, fail_fast: bool) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return how long the clients of tables wait, and those of queues and blobs."""
    if fail_fast:
        return {**_FAST_TIMEOUTS, **_FAST_TABLE_RETRIES}, {**_FAST_TIMEOUTS, **_FAST_OTHER_RETRIES}
    return {**_TIMEOUTS, **_TABLE_RETRIES}, {**_TIMEOUTS, **_OTHER_RETRIES}


def _address(settings: Settings, address: str | None, service: str) -> str:
    if address:
        return address
    if settings.storage_account:
        return f"https://{settings.storage_account}.{service}.core.windows.net"
    raise LinekeeperError(
        f"the setting AzureWebJobsStorage__{service}ServiceUri is missing; expected it, "
        "AzureWebJobsStorage__accountName or the connection string AzureWebJobsStorage"
    )
