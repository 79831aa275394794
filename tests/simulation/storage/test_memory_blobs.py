"""Containers in memory answer as Azurite's do, with the SDK and without: each test runs on all three."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.storage.blob import BlobLeaseClient

from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from tests.simulation.storage.refused import refusal

IF_UNCHANGED = MatchConditions.IfNotModified


def test_a_container_that_is_made_again_stays(account: Storage) -> None:
    account.container("documents").upload_blob("a", b"hello")

    assert b"hello" == Storage(account._services).container("documents").download_blob("a").readall()


def test_a_blob_is_made_once_unless_it_is_to_be_overwritten(container: Any) -> None:
    container.upload_blob("alerts/1.json", b"first", overwrite=False)

    assert ("ResourceExistsError", 409, "BlobAlreadyExists") == refusal(
        lambda: container.upload_blob("alerts/1.json", b"second", overwrite=False)
    )
    container.upload_blob("alerts/1.json", b"third", overwrite=True)
    assert b"third" == container.download_blob("alerts/1.json").readall()


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_blob_is_read_as_it_was_written(container: Any, size: int) -> None:
    container.upload_blob("keys", b"k" * size, overwrite=True)

    assert b"k" * size == container.download_blob("keys").readall()
    assert size == container.get_blob_client("keys").get_blob_properties().size


def test_a_blob_that_has_changed_is_not_replaced(container: Any) -> None:
    container.upload_blob("keys", b"1")
    old = container.download_blob("keys").properties.etag
    conditions = {"overwrite": True, "etag": old, "match_condition": IF_UNCHANGED}
    container.upload_blob("keys", b"2", **conditions)
    lost = ("ResourceModifiedError", 412, "ConditionNotMet")

    assert lost == refusal(lambda: container.upload_blob("keys", b"3", **conditions))
    assert b"2" == container.download_blob("keys").readall()


def test_a_blob_that_has_not_changed_is_not_sent_again(container: Any) -> None:
    container.upload_blob("resources.yaml", b"resources: []", metadata={"origin": "package"})
    properties = container.download_blob("resources.yaml").properties
    unless = {"etag": properties.etag, "match_condition": MatchConditions.IfModified}

    assert ("ResourceModifiedError", 304) == refusal(
        lambda: container.download_blob("resources.yaml", **unless)
    )[:2]
    assert {"origin": "package"} == properties.metadata
    assert abs(SystemClock().now() - properties.last_modified) < timedelta(hours=1)
    container.upload_blob("resources.yaml", b"resources: [lobby]", overwrite=True)
    again = container.download_blob("resources.yaml", **unless)
    assert (b"resources: [lobby]", {}) == (again.readall(), again.properties.metadata or {})


def test_a_snapshot_is_taken_of_what_has_not_changed(container: Any) -> None:
    container.upload_blob("keys", b"1")
    blob = container.get_blob_client("keys")
    old = {"etag": container.download_blob("keys").properties.etag, "match_condition": IF_UNCHANGED}
    blob.create_snapshot(**old)
    blob.upload_blob(b"2", overwrite=True, **old)

    assert ("ResourceModifiedError", 412) == refusal(lambda: blob.create_snapshot(**old))[:2]
    assert b"2" == blob.download_blob().readall()


def test_a_blob_that_is_gone_is_neither_read_nor_deleted(container: Any) -> None:
    gone = ("ResourceNotFoundError", 404, "BlobNotFound")

    assert gone == refusal(lambda: container.download_blob("nothing"))
    assert gone == refusal(lambda: container.delete_blob("nothing"))


def test_blobs_are_listed_by_the_beginning_of_their_names(container: Any) -> None:
    for name in ("b/2", "a/1", "b/1 & <ü>"):
        container.upload_blob(name, b"")
    container.delete_blob("b/2")

    assert ["b/1 & <ü>"] == [blob.name for blob in container.list_blobs(name_starts_with="b/")]


def test_a_leased_blob_is_written_by_its_holder_alone(container: Any) -> None:
    container.upload_blob("lock", b"1")
    blob = container.get_blob_client("lock")
    if not hasattr(blob, "acquire_lease"):
        pytest.skip("the app leases no blob, and so the clients without SDKs cannot")
    lease = blob.acquire_lease(15)
    earlier = BlobLeaseClient(blob, lease.id)

    assert ("ResourceExistsError", 409, "LeaseAlreadyPresent") == refusal(lambda: blob.acquire_lease(15))
    assert 412 == refusal(lambda: container.upload_blob("lock", b"2", overwrite=True))[1]
    container.upload_blob("lock", b"3", overwrite=True, lease=lease)
    lease.renew()
    lease.release()
    assert 409 == refusal(earlier.renew)[1]
    container.upload_blob("lock", b"4", overwrite=True)
    assert b"4" == container.download_blob("lock").readall()


def test_blobs_are_listed_with_the_time_of_their_last_change(container: Any) -> None:
    began = SystemClock().now() - timedelta(seconds=2)
    container.upload_blob("reports/a", b"1")
    container.upload_blob("notices/a", b"1")

    (blob,) = container.list_blobs(name_starts_with="reports/")

    assert "reports/a" == blob.name
    assert began <= blob.last_modified <= SystemClock().now() + timedelta(seconds=2)
