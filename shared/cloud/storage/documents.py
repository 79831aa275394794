"""Keep documents as blobs: what is too large for a row."""

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from shared.races import LostRaceError


class BlobDocuments:
    """The documents of a container; a document never changes."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def put(self, name: str, text: str) -> None:
        """Keep a text; the same name again with the same text changes nothing.

        Raises:
            LostRaceError: another text is kept under this name already.
        """
        try:
            self._container.upload_blob(name, text.encode(), overwrite=False)
        except ResourceExistsError as error:
            if self.get(name) != text:
                raise LostRaceError(f"document {name}") from error

    def get(self, name: str) -> str | None:
        """Return a text, or None where there is none of this name."""
        try:
            return self._container.download_blob(name).readall().decode()
        except ResourceNotFoundError:
            return None
