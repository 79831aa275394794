"""Where versions of files are kept: those that a team edits, and the last good ones."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class FileOrigin(StrEnum):
    """Where a version was edited."""

    PACKAGE = "package"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is stored, with the tag that a later read or write names, and when it was written."""

    content: bytes
    etag: str
    at: datetime
    origin: FileOrigin = FileOrigin.CONTAINER


class FileStore(Protocol):
    """Files by their names. Every call raises `LinekeeperError` where storage does not answer."""

    def read(self, file: str, known: StoredFile | None = None) -> StoredFile | None:
        """Return a file, the known object itself where that has not changed; None where there is no such file."""
        ...

    def write(
        self,
        file: str,
        content: bytes,
        replaced: StoredFile | None,
        origin: FileOrigin = FileOrigin.CONTAINER,
    ) -> StoredFile:
        """Store a file in the place of the one that was read, None where there was none; return it as it is stored.

        Raises:
            LostRaceError: another one is there by now.
        """
        ...
