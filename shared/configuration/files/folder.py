"""A folder of configuration: that of the package, or one in memory with what counts in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class FolderFile(Protocol):
    """A file of a folder, which need not exist."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    def read_bytes(self) -> bytes:
        """Return what it holds.

        Raises:
            FileNotFoundError: there is no such file.
            OSError: it cannot be read.
        """
        ...


class Folder(Protocol):
    """A folder of files; every `pathlib.Path` is one."""

    def __truediv__(self, name: str, /) -> FolderFile:
        """Return a file by its name."""
        ...


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file in memory; `content` is None where there is none."""

    name: str
    content: bytes | None

    def read_bytes(self) -> bytes:
        """Return what it holds.

        Raises:
            FileNotFoundError: there is no such file.
        """
        if self.content is None:
            raise FileNotFoundError(self.name)
        return self.content


@dataclass(frozen=True, slots=True)
class TextFolder:
    """A folder in memory, which refusals call `config`."""

    contents: Mapping[str, bytes | None]

    def __truediv__(self, name: str, /) -> TextFile:
        """Return a file by its name."""
        return TextFile(name, self.contents.get(name))

    def __str__(self) -> str:
        """Return what a refusal calls it."""
        return "config"
