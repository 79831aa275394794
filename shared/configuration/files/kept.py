"""Keep what a file says while it stays as it is, for callers who ask far oftener than a team edits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

_LOOK = timedelta(
    seconds=1
)  # so often the file is looked at; a share of a network is not asked with every call

_T = TypeVar("_T")


class KeptFile(Generic[_T]):
    """One file and what `load` returns for it; may be used by several threads."""

    def __init__(self, path: Path, load: Callable[[], _T]) -> None:
        self._path = path
        self._load = load
        self._kept: tuple[object, _T] | None = None
        self._looked_at: datetime | None = None

    def value(self, now: datetime) -> _T:
        """Return what the file said within the last second; the same object while nothing changed."""
        kept = self._kept
        if kept is None or self._looked_at is None or abs(now - self._looked_at) >= _LOOK:
            self._looked_at = now
            stamp = self._stamp()
            if kept is None or kept[0] != stamp:
                kept = self._kept = (stamp, self._load())
        return kept[1]

    def _stamp(self) -> object:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
