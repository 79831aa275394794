"""Answer Resource Graph: its language on DuckDB, its pages and its quota.

https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
"""

import json
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

import duckdb
from duckdb_kql import to_sql
from duckdb_kql.errors import KqlError
from duckdb_kql.types import kusto_type

from local.arm.answer import ArmAnswer, RefusedRequest, refused
from local.arm.graph_language import DisallowedError, check
from local.arm.graph_tables import COLUMNS, TABLES, of_subscriptions, subscription_row, visible
from local.arm.store import ArmStore
from shared.clock import Clock, SystemClock, iso

VERSIONS = ("2020-04-01-preview", "2021-03-01", "2021-06-01-preview", "2022-10-01", "2024-04-01")
MOST_ROWS = 1000  # on a page
_WINDOW = timedelta(seconds=5)
_SQL_TYPES = {"string": "VARCHAR", "dynamic": "JSON"}
_translating = threading.Lock()  # the parser keeps caches that its threads would share


class GraphService:
    """Resource Graph.

    Attributes:
        quota: how many queries an identity has in five seconds.
        page: how many rows a page holds at most.
        queries: the texts that were run, in order.
        cut: whether answers are cut without saying how to go on.
    """

    def __init__(self, store: ArmStore, clock: Clock | None = None) -> None:
        self.quota = 15
        self.page = MOST_ROWS
        self.queries: list[str] = []
        self.cut = False
        self._store = store
        self._clock = clock or SystemClock()
        self._asked: deque[datetime] = deque()
        self._pages: dict[str, tuple[list[dict[str, Any]], int]] = {}

    def answer(self, method: str, version: str, body: bytes) -> ArmAnswer:
        """Answer one request.

        Raises:
            RefusedRequest: it is refused.
        """
        if method != "POST":
            raise RefusedRequest(refused(405, "MethodNotAllowed", "Resource Graph takes POST only."))
        if version not in VERSIONS:
            message = f"The api-version '{version}' is invalid. Supported are '{', '.join(VERSIONS)}'."
            raise RefusedRequest(refused(400, "InvalidApiVersionParameter", message))
        headers = self._spend()
        asked = _asked(body)
        options = asked.get("options") or {}
        if options.get("resultFormat", "objectArray") != "objectArray":
            raise RefusedRequest(_invalid("UnsupportedResultFormat", "resultFormat"))
        token = options.get("$skipToken")
        rows, first = self._resumed(token) if token else (self._rows(asked), int(options.get("$skip", 0)))
        top = min(int(options.get("$top", MOST_ROWS)), MOST_ROWS, self.page)
        return ArmAnswer(200, self._paged(rows, first, top), headers)

    def _spend(self) -> dict[str, str]:
        """Take one query from the quota.

        Raises:
            RefusedRequest: nothing is left.
        """
        now = self._clock.now()
        while self._asked and now - self._asked[0] >= _WINDOW:
            self._asked.popleft()
        if len(self._asked) >= self.quota:
            rest = _WINDOW - (now - self._asked[0])
            headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": _duration(rest)}
            message = "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help."
            details = [{"code": "RateLimiting", "message": message}]
            raise RefusedRequest(
                refused(429, "RateLimiting", _support_text(), details=details, headers=headers)
            )
        self._asked.append(now)
        return {
            "x-ms-user-quota-remaining": str(self.quota - len(self._asked)),
            "x-ms-user-quota-resets-after": _duration(_WINDOW),
        }

    def _rows(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        query = str(asked.get("query", ""))
        try:
            check(query)
        except DisallowedError as error:
            raise RefusedRequest(_invalid(error.code, error.token)) from error
        if self._store.is_forbidden("microsoft.resourcegraph/resources/read", "/"):
            text = "Access is denied to the requested resource. The user might not have enough permission."
            details = [{"code": "AccessDenied", "message": text}]
            raise RefusedRequest(refused(403, "AccessDenied", _support_text(), details=details))
        self.queries.append(query)
        return self._run(query, asked.get("subscriptions") or ())

    def _run(self, query: str, subscriptions: Sequence[str]) -> list[dict[str, Any]]:
        hidden = self._hidden(subscriptions)
        database = duckdb.connect()
        try:
            database.execute("SET TimeZone = 'UTC'")
            for table in TABLES:
                rows = visible(table, self._rows_of(table, subscriptions), self._store.visible_until)
                seen = [row for row in rows if str(row.get("subscriptionId", "")).lower() not in hidden]
                _load(database, table, of_subscriptions(seen, subscriptions))
            database.execute("SET enable_external_access = false")
            cursor = database.execute(_sql(query))
            columns = [(str(column[0]), kusto_type(column[1])) for column in cursor.description or ()]
            return [
                {name: _value(cell, kind) for (name, kind), cell in zip(columns, row, strict=True)}
                for row in cursor.fetchall()
            ]
        except (KqlError, duckdb.Error) as error:
            raise RefusedRequest(_invalid("ParserFailure", str(error).partition("\n")[0])) from error
        finally:
            database.close()

    def _rows_of(self, table: str, subscriptions: Sequence[str]) -> Sequence[dict[str, Any]]:
        """Return what a table holds; the subscriptions that are asked for are there unless the store says otherwise."""
        if table == "resourcecontainers" and table not in self._store.rows:
            return [subscription_row(subscription) for subscription in subscriptions]
        if table == "resources" and table not in self._store.rows:
            return self._store.tracked()
        return self._store.rows.get(table, ())

    def _hidden(self, subscriptions: Sequence[str]) -> frozenset[str]:
        """Return the subscriptions that the identity may not read: they have no rows, and that is no error."""
        action = "microsoft.resources/subscriptions/read"
        return frozenset(
            subscription.lower()
            for subscription in subscriptions
            if self._store.is_forbidden(action, f"/subscriptions/{subscription}")
        )

    def _resumed(self, token: str) -> tuple[list[dict[str, Any]], int]:
        if token not in self._pages:
            raise RefusedRequest(_invalid("InvalidSkipToken", "$skipToken"))
        return self._pages[token]

    def _paged(self, rows: list[dict[str, Any]], first: int, top: int) -> dict[str, Any]:
        page = rows[first : first + top]
        is_cut = first + top < len(rows)
        answer = {
            "totalRecords": len(rows),
            "count": len(page),
            "resultTruncated": "true" if is_cut else "false",
            "facets": [],
            "data": page,
        }
        # A query whose rows have no id cannot be continued.
        if is_cut and "id" in rows[0] and not self.cut:
            token = uuid4().hex
            self._pages[token] = (rows, first + top)
            # What can be continued is not called truncated.
            answer |= {"$skipToken": token, "resultTruncated": "false"}
        return answer


def _asked(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not value.get("query"):
        raise RefusedRequest(_invalid("InvalidQuery", "query"))
    return value


def _load(database: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    defined = ", ".join(f'"{column}" {_SQL_TYPES[kind]}' for column, kind in COLUMNS.items())
    database.execute(f'CREATE TABLE "{table}" ({defined})')
    if rows:
        places = ", ".join("?" for _ in COLUMNS)
        values = [[_cell(row.get(column), kind) for column, kind in COLUMNS.items()] for row in rows]
        database.executemany(f'INSERT INTO "{table}" VALUES ({places})', values)  # noqa: S608


def _cell(value: Any, kind: str) -> str | None:
    if kind == "string":
        return "" if value is None else str(value)
    return None if value is None else json.dumps(value)


def _value(cell: Any, kind: str) -> Any:
    if isinstance(cell, datetime):
        return iso(cell if cell.tzinfo else cell.replace(tzinfo=UTC))
    if kind == "dynamic" and isinstance(cell, str):
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell


@lru_cache(maxsize=256)
def _sql(query: str) -> str:
    with _translating:
        schema = {table: list(COLUMNS) for table in TABLES}
        return str(to_sql(query.strip().rstrip(";"), schema=schema, allow_write=False))


def _invalid(code: str, token: str) -> ArmAnswer:
    text = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."
    details: list[dict[str, Any]] = [
        {"code": "InvalidQuery", "message": text},
        {"code": code, "message": code, "line": -1, "characterPositionInLine": -1, "token": token},
    ]
    return refused(400, "BadRequest", _support_text(), details=details)


def _support_text() -> str:
    return f"Please provide below info when asking for support: correlationId = {uuid4()}."


def _duration(rest: timedelta) -> str:
    """Write a time of less than a minute as .NET does; a fraction is rounded up, so that a caller who waits has waited enough."""
    return f"00:00:{max(1, -(-rest // timedelta(seconds=1))):02d}"
