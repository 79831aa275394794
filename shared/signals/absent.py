"""Remember for an hour which tables a workspace never received, so that not every poll asks for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock

# The rows of a new diagnostic setting are seen after so long at the latest.
FORGOTTEN_AFTER = timedelta(hours=1)


class AbsentTables:
    """The missing tables of each workspace; safe to use from several threads."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def by_workspace(self, now: datetime) -> Mapping[str, frozenset[str]]:
        """Return the names of the tables that were found missing within the last hour, by workspace."""
        with self._lock:
            pairs = [pair for pair, since in self._since.items() if now - since < FORGOTTEN_AFTER]
        tables: dict[str, set[str]] = {}
        for workspace, table in pairs:
            tables.setdefault(workspace, set()).add(table)
        return {workspace: frozenset(names) for workspace, names in tables.items()}

    def remember(self, missing: Iterable[tuple[str, str]], now: datetime) -> None:
        """Replace the pairs of workspace and table; a pair that was there within the last hour keeps its time."""
        tables = self.by_workspace(now)
        with self._lock:
            self._since = {
                (workspace, table): self._since[workspace, table]
                if table in tables.get(workspace, ())
                else now
                for workspace, table in missing
            }
