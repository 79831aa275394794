"""Keep what a file says while it stays as it is, for callers who ask far oftener than a team edits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

# So often the file is looked at; a share of a network is not asked with every call.
_LOOK = timedelta(seconds=1)

_Version = TypeVar("_Version")
_T = TypeVar("_T")


class KeptFile(Generic[_Version, _T]):
    """What `load` returns for the version of a file that counts; may be used by several threads."""

    def __init__(self, version: Callable[[], _Version], load: Callable[[_Version], _T]) -> None:
        """Take what returns the version, the same object while it stays as it is."""
        self._version = version
        self._load = load
        self._kept: tuple[_Version, _T] | None = None
        self._looked_at: datetime | None = None

    def value(self, now: datetime) -> _T:
        """Return what the file said within the last second; the same object while nothing changed."""
        kept = self._kept
        if kept is None or self._looked_at is None or abs(now - self._looked_at) >= _LOOK:
            self._looked_at = now
            version = self._version()
            if kept is None or kept[0] is not version:
                kept = self._kept = (version, self._load(version))
        return kept[1]
