"""Keep the keys that sign links: made on first use, two of them valid while one is replaced by the next."""

import base64
import json
import logging
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.clock import Clock
from shared.errors import InputError, LinekeeperError
from shared.isolation import DATA_ERRORS
from shared.races import LostRaceError

MOST_KEYS = 2  # one that signs, and the one before it
_SECRET_BYTES = 32  # as long as the digest (RFC 2104, section 3)
# A rotation is seen by every instance within this time, so links signed with a dropped key are few.
_READ_AGAIN = timedelta(minutes=5)
# Forged links name unknown keys; they must not make us read storage for each request.
_NOT_SOONER = timedelta(seconds=30)
# Where storage does not answer, the next links are told so at once, and do not hold a thread each.
_PAUSE_AFTER_FAILURE = timedelta(seconds=5)
_ID = re.compile(r"[0-9a-f]{1,16}", re.ASCII)  # as links write it

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key; its id stands in the links that it signed."""

    id: str
    secret: bytes
    made_at: datetime

    def __repr__(self) -> str:
        """Show no secret."""
        return f"SigningKey({self.id})"


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """The text of the ring as it is kept, and the tag that a later write names."""

    text: str
    etag: str


class KeyStore(Protocol):
    """A private store of the ring."""

    def read(self) -> StoredKeys | None:
        """Return what is kept, or None before the first key."""
        ...

    def create(self, text: str) -> None:
        """Keep a first ring.

        Raises:
            LostRaceError: another instance has made one.
        """
        ...

    def replace(self, text: str, etag: str) -> None:
        """Keep another ring in its place.

        Raises:
            LostRaceError: it is not the one that was read any more.
        """
        ...


class KeyRing:
    """The keys of this process: read when they are needed, and again now and then; may be used by several threads."""

    def __init__(
        self, store: KeyStore, clock: Clock, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._keys: tuple[SigningKey, ...] = ()
        self._read_at: datetime | None = None
        self._attempts = 0
        self._failed_at: datetime | None = None
        self._lock = threading.Lock()

    def newest(self) -> SigningKey:
        """Return the key that signs; the first one ever is made here.

        Raises:
            InputError: what is kept is not a ring; `rotate` replaces it.
        """
        attempts = self._attempts
        with self._lock:
            self._read_if_older_than(_READ_AGAIN, attempts)
            if not self._keys:
                self._make_first()
            return self._keys[0]

    def find(self, key_id: str) -> SigningKey | None:
        """Return a valid key by its id; nothing is made.

        Raises:
            LinekeeperError: the keys could not be read, as another call found a moment ago.
        """
        attempts = self._attempts
        with self._lock:
            self._check_pause()
            self._read_if_older_than(_READ_AGAIN, attempts)
            if self._in_memory(key_id) is None:  # made by another instance a moment ago, or forged
                self._read_if_older_than(_NOT_SOONER, attempts)
            return self._in_memory(key_id)

    def check(self) -> None:
        """Make sure that what is kept can be used; before the first link nothing is.

        Raises:
            InputError: it is not a ring; `rotate` replaces it.
        """
        stored = self._store.read()
        if stored is not None:
            ring_from_text(stored.text)

    def rotate(self) -> SigningKey:
        """Make a new key that signs from now on; the one before it stays valid, older ones do not.

        What is kept and is not a ring is replaced by a new one.

        Raises:
            LostRaceError: another instance rotated at the same time.
        """
        with self._lock:
            stored = self._store.read()
            keys = (self._new_key(), *_usable_keys(stored))[:MOST_KEYS]
            if stored is None:
                self._store.create(ring_to_text(keys))
            else:
                self._store.replace(ring_to_text(keys), stored.etag)
            self._take(keys)
            return keys[0]

    def _in_memory(self, key_id: str) -> SigningKey | None:
        return next((key for key in self._keys if key.id == key_id), None)

    def _make_first(self) -> None:
        keys = (self._new_key(),)
        try:
            self._store.create(ring_to_text(keys))
            self._take(keys)
        except LostRaceError:  # another instance was first: its key is the one
            self._read()

    def _new_key(self) -> SigningKey:
        return SigningKey(self._random(4).hex(), self._random(_SECRET_BYTES), self._clock.now())

    def _read_if_older_than(self, age: timedelta, attempts: int) -> None:
        now = self._clock.now()
        # A clock of a replay may go back; what was read in its future is old too.
        if self._read_at is not None and timedelta(0) <= now - self._read_at < age:
            return
        # A call that waited while another read in vain does not wait as long once more.
        if attempts != self._attempts:
            raise LinekeeperError("the keys that sign links could not be read just now", permanent=False)
        self._read()

    def _check_pause(self) -> None:
        failed_at, now = self._failed_at, self._clock.now()
        if failed_at is not None and abs(now - failed_at) < _PAUSE_AFTER_FAILURE:
            raise LinekeeperError("the keys that sign links could not be read just now", permanent=False)

    def _read(self) -> None:
        try:
            stored = self._store.read()
        finally:
            self._attempts += 1
            self._failed_at = self._clock.now()
        self._failed_at = None
        self._take(ring_from_text(stored.text) if stored else ())

    def _take(self, keys: tuple[SigningKey, ...]) -> None:
        self._keys = keys
        self._read_at = self._clock.now()


def ring_to_text(keys: tuple[SigningKey, ...]) -> str:
    """Return a ring as JSON text, the key that signs first."""
    rows = [
        {
            "id": key.id,
            "secret": base64.b64encode(key.secret).decode(),
            "made_at": key.made_at.isoformat(),
        }
        for key in keys
    ]
    return json.dumps({"keys": rows})


def ring_from_text(text: str) -> tuple[SigningKey, ...]:
    """Read a ring from its text.

    Raises:
        InputError: it is none; no text of the error repeats it.
    """
    if not text.strip():
        raise _unusable("signing-keys.json is empty")
    try:
        keys = tuple(map(_key, json.loads(text)["keys"][:MOST_KEYS]))
    except DATA_ERRORS as error:
        raise _unusable("signing-keys.json cannot be read") from error
    if not keys:
        raise _unusable("signing-keys.json holds no key")
    return keys


def _key(fields: Mapping[str, str]) -> SigningKey:
    key = SigningKey(
        fields["id"],
        base64.b64decode(fields["secret"], validate=True),
        datetime.fromisoformat(fields["made_at"]),
    )
    # What an empty secret signs, anybody can sign.
    if not _ID.fullmatch(key.id) or len(key.secret) < _SECRET_BYTES:
        raise ValueError("a key without an id of ours, or with a short secret")
    return key


def _usable_keys(stored: StoredKeys | None) -> tuple[SigningKey, ...]:
    try:
        return ring_from_text(stored.text) if stored else ()
    except InputError as error:
        _log.warning(
            "%s; a new ring takes its place, and links that are out are no good any more", error.wrong
        )
        return ()


def _unusable(wrong: str) -> InputError:
    return InputError("the keys that sign links", wrong, "what `linekeeper rotate-key` writes in its place")
