"""Remember for an hour which tables a workspace never received, so that they are not asked for every minute."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock

FORGOTTEN_AFTER = timedelta(hours=1)  # a new diagnostic setting is seen after so long at the latest


class Absent:
    """Missing tables by workspace; may be used by several threads."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def known(self, now: datetime) -> Mapping[str, frozenset[str]]:
        """Return the tables that were found missing within the last hour, by workspace."""
        with self._lock:
            fresh = [pair for pair, since in self._since.items() if now - since < FORGOTTEN_AFTER]
        return {place: frozenset(table for at, table in fresh if at == place) for place, _ in fresh}

    def remember(self, missing: Iterable[tuple[str, str]], now: datetime) -> None:
        """Note pairs of workspace and table; one that is remembered keeps its time, one that is back is forgotten."""
        known = self.known(now)
        with self._lock:
            self._since = {
                (place, table): self._since[place, table] if table in known.get(place, ()) else now
                for place, table in missing
            }
