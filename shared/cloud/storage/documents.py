"""Keep documents as blobs: what is too large for a row."""

import gzip
import zlib
from typing import Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from shared.races import LostRaceError

_PACKED_FROM_BYTES = 4_096  # diagnoses, reports and full cards; they take a seventh of their size
_MAGIC = b"\x1f\x8b"  # of gzip (RFC 1952); no text of ours begins with it


def packed(text: str) -> bytes:
    """Return the bytes in which a text is kept: a long one packed, always in the same way."""
    content = text.encode()
    return gzip.compress(content, mtime=0) if len(content) >= _PACKED_FROM_BYTES else content


def unpacked(content: bytes) -> str:
    """Return the text that bytes hold, packed or not.

    Raises:
        ValueError, EOFError, OSError, zlib.error: they hold none.
    """
    return (gzip.decompress(content) if content.startswith(_MAGIC) else content).decode()


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
            self._container.upload_blob(name, packed(text), overwrite=False)
        except ResourceExistsError as error:
            if self.get(name) != text:
                raise LostRaceError(f"document {name}") from error

    def get(self, name: str) -> str | None:
        """Return a text, or None where there is none of this name, or none that can be read."""
        try:
            content = self._container.download_blob(name).readall()
        except ResourceNotFoundError:
            return None
        try:
            return unpacked(content)
        except (ValueError, EOFError, OSError, zlib.error) as error:
            self.set_aside(name, f"it is no text: {type(error).__name__}")
            return None

    def set_aside(self, name: str, reason: str) -> None:
        """Set a document aside that cannot be read; afterwards there is none of its name."""
        if self._shelf is not None:
            self._shelf.set_document_aside(name, reason)
