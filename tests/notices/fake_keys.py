"""A ring of keys kept in memory, which counts how often it was read, and a clock for it."""

from datetime import UTC, datetime

from shared.notices.answers.keyring import KeyRing, KeyStore, StoredKeys
from shared.races import LostRaceError

NOW = datetime(2026, 3, 2, 3, 12, tzinfo=UTC)


class FakeKeys:
    """The contract of `KeyStore`; `kept` may be another instance's work."""

    def __init__(self) -> None:
        self.kept: StoredKeys | None = None
        self.reads = 0
        self._writes = 0

    def read(self) -> StoredKeys | None:
        self.reads += 1
        return self.kept

    def create(self, text: str) -> None:
        if self.kept is not None:
            raise LostRaceError("the first key")
        self._write(text)

    def replace(self, text: str, etag: str) -> None:
        if self.kept is None or self.kept.etag != etag:
            raise LostRaceError("the keys")
        self._write(text)

    def _write(self, text: str) -> None:
        self._writes += 1
        self.kept = StoredKeys(text, str(self._writes))


class Hand:
    """A clock that a test moves."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def ring(store: KeyStore | None = None, clock: Hand | None = None) -> KeyRing:
    return KeyRing(store or FakeKeys(), clock or Hand())


RING = ring()
