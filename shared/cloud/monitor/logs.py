"""Query a Log Analytics workspace; a failure says precisely why it did not answer."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsTable

from shared.cloud.monitor.failure import Asked, cut, failure_of, innermost
from shared.cloud.retries import WithinBudget
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.schema import tables

# "Failed to resolve table or column expression named 'X'": SEM0100, which the service wraps in BadArgumentError.
_UNRESOLVED = re.compile(r"[Ff]ailed to resolve [\w ]*?named '([^']+)'")
_ASKED = Asked(audience="the workspace", endpoint="the query endpoint")


class WorkspaceLogs:
    """A workspace, or several as one, behind the query API; implements `shared.queries.logs.Logs`."""

    def __init__(
        self, workspace: str, credential: TokenCredential, endpoint: str, additional: Sequence[str] = ()
    ) -> None:
        """Ask one workspace, or the union of every table over it and the additional ones."""
        # The audience follows the endpoint only when it is given: azure-monitor-query 2.0.0, _patch.py.
        self._client = LogsQueryClient(
            credential, endpoint=endpoint, audience=endpoint, retry_policy=WithinBudget(retry_status=3)
        )
        self._workspace = workspace
        self._additional = list(additional) or None

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Run one text.

        Raises:
            QueryError: it did not answer, and why.
        """
        seconds = within.total_seconds()
        try:
            result = self._client.query_workspace(
                self._workspace,
                text,
                additional_workspaces=self._additional,
                timespan=None,  # the text bounds its own time; a second bound would cut its look-back
                server_timeout=max(1, int(seconds)),
                timeout=seconds,
                connection_timeout=min(10.0, seconds),
                read_timeout=seconds,
            )
        except json.JSONDecodeError:
            # 204, "no data in the workspace": azure-monitor-query 2.0.0 cannot parse its empty body.
            return LogAnswer(())
        except AzureError as error:
            raise _missing_table(error) or failure_of(error, _ASKED) from error
        if isinstance(result, LogsQueryPartialResult):
            return LogAnswer(tuple(_rows(result.partial_data)), partial=cut(str(result.partial_error)))
        return LogAnswer(tuple(_rows(result.tables)))


def _rows(tables: list[LogsTable]) -> Iterator[Mapping[str, object]]:
    for table in tables[:1]:
        kinds = dict(zip(table.columns, table.columns_types, strict=True))
        for row in table.rows:
            values = zip(table.columns, row, strict=True)
            yield {column: _value(kinds[column], value) for column, value in values}


def _value(kind: str, value: object) -> object:
    if kind == "datetime" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind in ("real", "decimal") and isinstance(value, str):
        return float(value)  # "NaN" and "Infinity" travel as text
    return value


def _missing_table(error: AzureError) -> QueryError | None:
    if not isinstance(error, HttpResponseError) or error.status_code != 400:
        return None
    table = _UNRESOLVED.search(innermost(error))
    if table is None or table[1] not in tables():
        return None
    return QueryError(Failure.MISSING_TABLE, f"the workspace has no table {table[1]}", table=table[1])
