"""Answer queries from the rows of tables directly, without a server between: for many diagnoses of small tables."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from threading import Lock

from local.workspace import kql
from local.workspace.database import LogRow, Workspace
from shared.queries.logs import LogAnswer, Logs
from shared.queries.run import Run
from shared.queries.schema import tables
from shared.queries.scope import Scope


class TableLogs:
    """Answers each text once and remembers the answer; implements `shared.queries.logs.Logs`."""

    def __init__(self, rows: Mapping[str, Sequence[LogRow]]) -> None:
        """Load the rows."""
        self.workspace = Workspace()
        self.workspace.group.run_on_one_thread()
        self.workspace.load(rows)
        self._answers: dict[str, LogAnswer] = {}
        self._lock = Lock()

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Run a text; `within` does not matter, since nothing waits."""
        del within
        with self._lock:
            if text not in self._answers:
                self._answers[text] = self._answer(text)
            return self._answers[text]

    def run_on(self, scope: Scope) -> Run:
        """Return a run that knows which tables are missing."""
        return run_over(self, self.workspace.tables, scope)

    def _answer(self, text: str) -> LogAnswer:
        answer = kql.run(self.workspace, text)
        names = [name for name, _ in answer.columns]
        kinds = [kind for _, kind in answer.columns]
        rows = (map(_value, row, kinds) for row in answer.rows())
        return LogAnswer(tuple(dict(zip(names, row, strict=True)) for row in rows))


def run_over(logs: Logs, held: AbstractSet[str], scope: Scope) -> Run:
    """Return a run on logs that hold these tables, and no other."""
    return Run(logs, scope, timedelta(minutes=10), missing=set(tables()) - held, present=set(held))


def _value(cell: object, kind: str) -> object:
    return datetime.fromisoformat(str(cell)) if kind == "datetime" and cell is not None else cell
