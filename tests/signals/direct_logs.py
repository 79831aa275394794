"""Ask a local workspace without a wire between: what it refuses is told as the product's own client would."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.workspace import kql
from local.workspace.database import Workspace
from local.workspace.refusal import RefusedQueryError
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.schema import tables


@dataclass
class DirectLogs:
    """One workspace; remembers the texts it was asked and how long each took, in seconds."""

    workspace: Workspace
    queries: list[tuple[str, float]] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        began = time.perf_counter()
        try:
            answer = kql.run(self.workspace, text)
            rows = tuple(_row(answer.columns, row) for row in answer.rows())
        except RefusedQueryError as error:
            table = next((name for name in tables() if f"'{name}'" in str(error)), None)
            failure = Failure.MISSING_TABLE if table else Failure.REFUSED
            raise QueryError(failure, str(error), table=table) from error
        self.queries.append((text, time.perf_counter() - began))
        return LogAnswer(rows)


def _row(columns: list[tuple[str, str]], row: list[object]) -> Mapping[str, object]:
    return {
        name: datetime.fromisoformat(cell) if kind == "datetime" and isinstance(cell, str) else cell
        for (name, kind), cell in zip(columns, row, strict=True)
    }
