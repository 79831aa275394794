"""Keep the keys that sign links in a private blob; who replaces it must have read it."""

from collections.abc import Callable

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContainerClient

from shared.notices.answers.keyring import StoredKeys
from shared.races import LostRaceError

_NAME = "signing-keys.json"


class BlobKeys:
    """One blob of a container without public access; implements `shared.notices.answers.keyring.KeyStore`."""

    def __init__(self, container: Callable[[], ContainerClient]) -> None:
        self._container = container  # asked when it is used, as its first use makes it

    def read(self) -> StoredKeys | None:
        """Return what is kept, or None before the first key."""
        try:
            blob = self._container().download_blob(_NAME)
            return StoredKeys(blob.readall().decode(errors="replace"), str(blob.properties.etag))
        except ResourceNotFoundError:
            return None

    def create(self, text: str) -> None:
        """Keep a first ring.

        Raises:
            LostRaceError: another instance has made one.
        """
        try:
            self._container().upload_blob(_NAME, text.encode(), overwrite=False)  # sends If-None-Match: *
        except ResourceExistsError as error:
            raise LostRaceError("the first key that signs links") from error

    def replace(self, text: str, etag: str) -> None:
        """Keep another ring in its place.

        Raises:
            LostRaceError: it is not the one that was read any more.
        """
        try:
            self._container().upload_blob(
                _NAME,
                text.encode(),
                overwrite=True,
                etag=etag,
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise LostRaceError("the keys that sign links") from error
