"""Keep documents as blobs: what is too large for a row."""

from typing import Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from shared.races import LostRaceError


class DocumentShelf(Protocol):
    """Where documents go that cannot be read."""

    def set_document_aside(self, name: str, reason: str) -> None:
        """Keep a document with its reason where nobody looks for it; safe to repeat."""
        ...


class BlobDocuments:
    """The documents of a container; a document never changes."""

    def __init__(self, container: ContainerClient, shelf: DocumentShelf | None = None) -> None:
        self._container = container
        self._shelf = shelf

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
        """Return a text, or None where there is none of this name, or none that can be read."""
        try:
            return self._container.download_blob(name).readall().decode()
        except ResourceNotFoundError:
            return None
        except UnicodeDecodeError as error:
            self.set_aside(name, f"it is no text: {error.reason}")
            return None

    def set_aside(self, name: str, reason: str) -> None:
        """Set a document aside that cannot be read; afterwards there is none of its name."""
        if self._shelf is not None:
            self._shelf.set_document_aside(name, reason)
