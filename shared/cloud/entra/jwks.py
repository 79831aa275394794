"""Keep the keys that Entra publishes, by their ids, and fetch them no oftener than anybody needs.

https://learn.microsoft.com/entra/identity-platform/signing-key-rollover
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt
import requests

from shared.errors import LinekeeperError

_TIMEOUTS = (3, 5)  # seconds to connect, and to answer; the caller waits meanwhile
_LIFETIME = timedelta(hours=24)
_PAUSE_AFTER_FAILURE = timedelta(seconds=30)
# Without these two anybody could make the app fetch keys at will: a token names any key it likes.
_PAUSE_AFTER_MISS = timedelta(minutes=5)
_MOST_MISSES = 10


class Jwks:
    """The key set at one address; may be used by several threads, which share a fetch."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._misses: dict[str, datetime] = {}  # ids that a fetch did not bring, and when
        self._lock = threading.Lock()
        self._session = requests.Session()  # trusts what REQUESTS_CA_BUNDLE names

    def find(self, kid: str, now: datetime) -> jwt.PyJWK | None:
        """Return a published key by its id, or None where there is none of it.

        Raises:
            LinekeeperError: the key is not among those of before, and new ones cannot be fetched, or are not asked for now.
        """
        key = self._keys.get(kid)
        if key is not None and self._is_fresh(now):  # waits for no fetch, which a stranger may have asked for
            return key
        with self._lock:
            if self._is_fetch_wanted(kid, now):
                self._refresh(kid, now)
            elif kid not in self._keys:
                # It may have been published since: a caller that is refused for good would not come again.
                raise LinekeeperError(
                    "the key of the token was not published just now, and is asked for again within five minutes",
                    permanent=False,
                )
            return self._keys.get(kid)

    def _is_fresh(self, now: datetime) -> bool:
        return _is_within(_LIFETIME, self._fetched_at, now)

    def _is_fetch_wanted(self, kid: str, now: datetime) -> bool:
        if not self._is_fresh(now):
            return True
        if kid in self._keys:
            return False
        self._misses = {
            missed: at for missed, at in self._misses.items() if _is_within(_PAUSE_AFTER_MISS, at, now)
        }
        return kid not in self._misses and len(self._misses) < _MOST_MISSES

    def _refresh(self, kid: str, now: datetime) -> None:
        try:
            self._fetch(now)
        except LinekeeperError:
            if kid not in self._keys:  # yesterday's keys are still good
                raise
        if kid not in self._keys:
            self._misses[kid] = now

    def _fetch(self, now: datetime) -> None:
        if _is_within(_PAUSE_AFTER_FAILURE, self._failed_at, now):
            raise LinekeeperError("the keys of the tenant could not be fetched just now", permanent=False)
        try:
            answer = self._session.get(self._address, timeout=_TIMEOUTS, allow_redirects=False)
            answer.raise_for_status()
            key_set = jwt.PyJWKSet.from_dict(answer.json())
        except (requests.RequestException, jwt.PyJWTError, ValueError, AttributeError) as error:
            self._failed_at = now
            raise LinekeeperError(
                f"the keys of {self._address} cannot be fetched: {type(error).__name__}", permanent=False
            ) from error
        self._keys = {str(key.key_id): key for key in key_set.keys}
        self._fetched_at, self._failed_at = now, None


def _is_within(span: timedelta, at: datetime | None, now: datetime) -> bool:
    # A caller that waited for another's fetch read its clock before; a clock that was set back by more counts anew.
    return at is not None and abs(now - at) < span
