"""Storage makes what it is asked for once, by connection string or identity, and says which setting is missing."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError

from local.azure.azurite import Azurite
from local.azure.small_azure import small_azure
from local.workspace.database import Workspace
from shared.cloud.storage.account import Storage
from shared.errors import LinekeeperError
from shared.settings import Settings

BELL = {"PartitionKey": "lobby", "RowKey": "bell", "rings": 3}


def test_a_table_is_there_when_it_is_first_asked_for(storage: Storage) -> None:
    storage.table("counts").create_entity(BELL)

    assert 3 == storage.table("counts").get_entity("lobby", "bell")["rings"]


def test_a_message_is_read_as_it_was_sent(storage: Storage) -> None:
    storage.queue("work").send_message('{"incident": "grüße <&>"}')

    assert ['{"incident": "grüße <&>"}'] == [one.content for one in storage.queue("work").receive_messages()]


def test_a_blob_keeps_its_bytes(storage: Storage) -> None:
    storage.container("documents").upload_blob("a/1.json", b"{}")

    assert b"{}" == storage.container("documents").download_blob("a/1.json").readall()


def test_what_another_process_made_is_used_as_it_is(
    storage: Storage, storage_environment: dict[str, str]
) -> None:
    storage.table("counts").create_entity(BELL)
    storage.queue("work").send_message("ring")
    storage.container("documents").upload_blob("bell", b"!")

    later = Storage.from_settings(Settings.from_environment(storage_environment))

    assert 3 == later.table("counts").get_entity("lobby", "bell")["rings"]
    assert 1 == later.queue("work").get_queue_properties().approximate_message_count
    assert ["bell"] == [blob.name for blob in later.container("documents").list_blobs()]


def test_every_test_finds_its_account_empty(storage: Storage) -> None:
    assert [] == list(storage.table("counts").list_entities())


def test_many_threads_get_one_table(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        tables = list(pool.map(lambda _: storage.table("incidents"), range(24)))

    assert 1 == len({id(table) for table in tables})


def test_who_waits_for_a_table_that_cannot_be_made_holds_up_nobody(storage: Storage) -> None:
    down, over = threading.Event(), threading.Event()

    def never_made() -> None:
        down.set()
        assert over.wait(timeout=60)

    waiting = threading.Thread(target=storage._client, args=("table", "silences", never_made))
    waiting.start()
    assert down.wait(timeout=60)
    storage.table("counts").create_entity(BELL)
    assert waiting.is_alive()
    over.set()
    waiting.join()


def test_the_managed_identity_reaches_tables_queues_and_blobs(
    azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_azure(Workspace()) as azure:
        for name, value in {**azure.environment, **azurite.identity_environment_of(azurite.unused())}.items():
            monkeypatch.setenv(name, value)
        storage = Storage.from_settings(Settings.from_environment(os.environ))
        storage.table("counts").create_entity(BELL)
        storage.queue("work").send_message("ring")
        storage.container("documents").upload_blob("bell", b"!")

        assert {"https://storage.azure.com"} == set(azure.identity.token_requests)


def test_a_wrong_key_is_refused(storage_environment: dict[str, str]) -> None:
    connection = storage_environment["AzureWebJobsStorage"]
    forged = ";".join(
        "AccountKey=Zm9yZ2Vk" if part.startswith("AccountKey=") else part for part in connection.split(";")
    )

    with pytest.raises(HttpResponseError, match="Authentication"):
        Storage.from_settings(Settings.from_environment({"AzureWebJobsStorage": forged})).table("counts")


def account_of(environment: dict[str, str]) -> list[str]:
    services = Storage.from_settings(Settings.from_environment(environment))._services
    return [services.tables.url.rstrip("/"), services.queues.url.rstrip("/"), services.blobs.url.rstrip("/")]


def test_development_storage_means_azurites_own_ports() -> None:
    expected = [f"http://127.0.0.1:{port}/devstoreaccount1" for port in (10002, 10001, 10000)]

    assert expected == account_of({"AzureWebJobsStorage": "UseDevelopmentStorage=true"})


def test_the_name_of_the_account_is_enough() -> None:
    expected = [f"https://stlines.{service}.core.windows.net" for service in ("table", "queue", "blob")]

    assert expected == account_of({"AzureWebJobsStorage__accountName": "stlines"})


def test_a_service_without_an_address_is_named() -> None:
    settings = Settings.from_environment({"AzureWebJobsStorage__tableServiceUri": "https://t.example"})

    with pytest.raises(LinekeeperError, match="AzureWebJobsStorage__queueServiceUri is missing"):
        Storage.from_settings(settings)


def test_what_is_no_connection_string_is_said_without_quoting_it() -> None:
    with pytest.raises(LinekeeperError, match="is not a connection string") as raised:
        Storage.from_settings(Settings.from_environment({"AzureWebJobsStorage": "hunter2"}))

    assert "hunter2" not in str(raised.value)
