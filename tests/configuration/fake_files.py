"""A store of files in memory, which can be down and counts what it is asked."""

from dataclasses import dataclass, field

from shared.clock import Clock
from shared.configuration.versions.store import FileOrigin, StoredFile
from shared.errors import LinekeeperError
from shared.races import LostRaceError


@dataclass
class FakeFiles:
    """The contract of `FileStore`, in a dictionary."""

    clock: Clock
    kept: dict[str, StoredFile] = field(default_factory=dict)
    snapshots: list[tuple[str, bytes]] = field(default_factory=list)
    is_down: bool = False
    calls: int = 0
    writes: int = 0

    def read(self, file: str, known: StoredFile | None = None) -> StoredFile | None:
        self._answer()
        stored = self.kept.get(file)
        return known if known is not None and stored is not None and stored.etag == known.etag else stored

    def write(
        self,
        file: str,
        content: bytes,
        replaced: StoredFile | None,
        origin: FileOrigin = FileOrigin.CONTAINER,
    ) -> StoredFile:
        self._answer()
        stored = self.kept.get(file)
        if (stored and stored.etag) != (replaced and replaced.etag):
            raise LostRaceError(file)
        if stored is not None:
            self.snapshots.append((file, stored.content))
        return self.put(file, content, origin)

    def put(self, file: str, content: bytes, origin: FileOrigin = FileOrigin.CONTAINER) -> StoredFile:
        """Store a file as somebody does who asks nobody, as in the portal."""
        self.writes += 1
        self.kept[file] = StoredFile(content, f"write {self.writes}", self.clock.now(), origin)
        return self.kept[file]

    def _answer(self) -> None:
        self.calls += 1
        if self.is_down:
            raise LinekeeperError("storage does not answer: it is down", permanent=False)
