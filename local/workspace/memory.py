"""Answer queries on parts of the same rows: an answer is remembered for the rows of the tables that its text reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from operator import itemgetter
from threading import Lock

from local.workspace.database import LogRow
from local.workspace.direct import TableLogs, run_over
from shared.queries.logs import LogAnswer
from shared.queries.prelude import tables_of
from shared.queries.run import Run
from shared.queries.scope import Scope

Rows = Mapping[str, Sequence[LogRow]]
Key = tuple[str, tuple[str, ...]]  # a complete text, and the digests of the rows that it reads


class Memory:
    """The answers of one command, by text and rows; `asked` counts the texts, `answered` those that were run."""

    def __init__(self) -> None:
        """Begin with no answer."""
        self.answers: dict[Key, LogAnswer] = {}
        self.asked = self.answered = 0


class RememberingLogs:
    """Answers from memory what was asked of the same rows before; implements `shared.queries.logs.Logs`."""

    def __init__(self, rows: Rows, memory: Memory) -> None:
        """Take the rows; they are loaded when a text must be run."""
        self._rows = rows
        self._memory = memory
        self._digests = {table: digest_of(held) for table, held in rows.items()}
        self._logs: TableLogs | None = None
        self._lock = Lock()

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Answer a text: the constants of its scope are a part of it."""
        key = (text, tuple(self._digests.get(table, "missing") for table in sorted(tables_of(text))))
        with self._lock:
            self._memory.asked += 1
            if key not in self._memory.answers:
                self._memory.answered += 1
                self._logs = self._logs or TableLogs(self._rows)
                self._memory.answers[key] = self._logs.query(text, within)
            return self._memory.answers[key]

    def run_on(self, scope: Scope) -> Run:
        """Return a run that knows which tables are missing."""
        return run_over(self, self._rows.keys(), scope)


def digest_of(rows: Iterable[LogRow]) -> str:
    """Return a digest of rows in their order, with their times of ingestion."""
    digest = blake2b(digest_size=16)
    for row in rows:
        digest.update(repr(sorted(row.items(), key=itemgetter(0))).encode(errors="replace"))
    return digest.hexdigest()
