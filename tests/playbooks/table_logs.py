"""A log store for tests that runs KQL on rows in memory, without a server."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from local.workspace import kql
from local.workspace.database import Workspace
from shared.queries.logs import LogAnswer
from shared.queries.run import Run
from shared.queries.schema import tables
from shared.queries.scope import Scope


class TableLogs:
    """Answers from the rows of tables; the contract of `Logs`."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        self.workspace = Workspace()
        self.workspace.load({table: list(table_rows) for table, table_rows in rows.items()})

    def query(self, text: str, within: timedelta) -> LogAnswer:
        answer = kql.run(self.workspace, text)
        names = [name for name, _ in answer.columns]
        kinds = [kind for _, kind in answer.columns]
        rows = (map(_value, row, kinds) for row in answer.rows())
        return LogAnswer(tuple(dict(zip(names, row, strict=True)) for row in rows))

    def run(self, scope: Scope) -> Run:
        """Return a run that knows which tables are missing."""
        held = self.workspace.tables
        return Run(self, scope, missing=set(tables()) - held, present=set(held))


def _value(cell: object, kind: str) -> object:
    return datetime.fromisoformat(str(cell)) if kind == "datetime" and cell is not None else cell
