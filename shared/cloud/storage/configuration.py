"""Keep files of configuration as blobs; who replaces one must have read it."""

from collections.abc import Callable, Mapping
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
)
from azure.storage.blob import BlobProperties, ContainerClient, ContentSettings

from shared.cloud.storage.unavailable import storage_answers
from shared.configuration.versions.store import FileOrigin, StoredFile
from shared.races import LostRaceError

_ORIGIN = "origin"
_YAML = ContentSettings(content_type="application/yaml; charset=utf-8")


class BlobFiles:
    """The files of a container; implements `shared.configuration.versions.store.FileStore`."""

    def __init__(self, container: Callable[[], ContainerClient], *, keeps_former: bool) -> None:
        """Take what returns the container, and whether what is replaced stays as a snapshot."""
        self._container = container  # asked when it is used, as its first use makes it
        self._keeps_former = keeps_former

    def read(self, file: str, known: StoredFile | None = None) -> StoredFile | None:
        """Return a file, the known object itself where that has not changed; None where there is no such file."""
        unless: Mapping[str, Any] = (
            {} if known is None else {"etag": known.etag, "match_condition": MatchConditions.IfModified}
        )
        with storage_answers():
            try:
                blob = self._container().download_blob(file, **unless)
                return _stored(blob.readall(), blob.properties)
            except (
                ResourceNotModifiedError,
                ResourceModifiedError,
            ):  # the SDK's name for a 304 is the second
                return known
            except ResourceNotFoundError:
                return None

    def write(
        self,
        file: str,
        content: bytes,
        replaced: StoredFile | None,
        origin: FileOrigin = FileOrigin.CONTAINER,
    ) -> StoredFile:
        """Store a file in the place of the one that was read.

        Raises:
            LostRaceError: another one is there by now.
        """
        with storage_answers():
            try:
                self._upload(file, content, replaced, origin)
            except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
                raise LostRaceError(f"the file {file}") from error
            stored = self.read(file)
        if stored is None or stored.content != content:
            raise LostRaceError(f"the file {file}")
        return stored

    def _upload(self, file: str, content: bytes, replaced: StoredFile | None, origin: FileOrigin) -> None:
        blob = self._container().get_blob_client(file)
        condition: Mapping[str, Any] = {"overwrite": False}  # sends If-None-Match: *
        if replaced is not None:
            unchanged: Mapping[str, Any] = {
                "etag": replaced.etag,
                "match_condition": MatchConditions.IfNotModified,
            }
            if self._keeps_former:
                blob.create_snapshot(**unchanged)
            condition = {"overwrite": True, **unchanged}
        blob.upload_blob(content, metadata={_ORIGIN: str(origin)}, content_settings=_YAML, **condition)


def _stored(content: bytes, properties: BlobProperties) -> StoredFile:
    origin = (properties.metadata or {}).get(_ORIGIN)
    # A blob that somebody uploaded by other means says nothing of where it is from.
    return StoredFile(
        content,
        str(properties.etag),
        properties.last_modified,
        FileOrigin.PACKAGE if origin == FileOrigin.PACKAGE else FileOrigin.CONTAINER,
    )
