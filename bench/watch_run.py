"""Measure the cost of one poll of the watch as signals, resources and rows grow."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rich.table import Table

from local.azure.session import logs_of
from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.configuration.resources import WatchedResource
from shared.signals.family import LogFamily
from shared.signals.poll import Polled, poll
from shared.signals.web_pubsub import FAMILIES

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARK = NOON - timedelta(minutes=1)  # the poll before this one
RESOURCES, ROWS = (1, 10, 100), (10**4, 10**5, 10**6)

_WORKSPACE = "2b6f3a80-51d4-4c0e-9f1d-8e7a60b1c200"
_LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby-{number}"
# An hour of three tables, spread over the resources. Of the connections a tenth is refused and a tenth dropped.
_MOMENT = "TIMESTAMP '2026-11-20 11:00:00' + INTERVAL (i * 3600000 // {rows}) MILLISECOND AS TimeGenerated"
_OWNER = "'" + _LOBBY.format(number="' || (i % {resources})") + " AS _ResourceId"
_TABLES = {
    "WebPubSubConnectivity": "CASE i % 10 WHEN 9 THEN 'ConnectionAborted' WHEN 8 THEN 'ConnectionEnded' "
    "ELSE 'ConnectionStarted' END AS OperationName, CASE i % 10 WHEN 9 THEN 'Connection ping timeout' "
    "ELSE '' END AS Message, 'c' || i AS ConnectionId",
    "WebPubSubHttpRequest": "'ClientConnectionRequest' AS OperationName, 'c' || i AS TraceId, "
    "CASE i % 10 WHEN 9 THEN '401' ELSE '101' END AS StatusCode",
    "WebPubSubMessaging": "'SendMessage' AS OperationName, 'c' || i AS ConnectionId",
}


class PollCost(NamedTuple):
    """The cost of one poll."""

    queries: int
    rows: int
    counts: int
    seconds: float


def measure() -> Table:
    """Measure with one quantity growing at a time, in one run."""
    table = Table(
        title="One look at one Web PubSub workspace, an hour of rows of which a minute's are new",
        box=None,
        title_justify="left",
        caption="The rows stand in three tables. A look asks once for the arrivals and once for each family.",
        caption_justify="left",
    )
    for column in ("families", "resources", "log rows", "queries", "rows back", "buckets counted", "seconds"):
        table.add_column(column, justify="right")
    seen_queries: dict[int, set[int]] = {}
    for families, resources, rows in _mixes():
        cost = cost_of(FAMILIES[:families], resources, rows)
        seen_queries.setdefault(families, set()).add(cost.queries)
        counted = (f"{cost.rows:,}", f"{cost.counts:,}", f"{cost.seconds:.2f}")
        table.add_row(str(families), str(resources), f"{rows:,}", str(cost.queries), *counted)
    constant = all(len(counts) == 1 for counts in seen_queries.values())
    table.add_row(f"queries depend on resources or rows: {'no' if constant else 'YES'}")
    return table


def cost_of(families: Sequence[LogFamily], resources: int, rows: int) -> PollCost:
    """Poll a workspace of this size once; the parser is warm."""
    workspace = _workspace(resources, rows)
    watched = [_watched(number) for number in range(resources)]
    try:
        with small_azure(workspace, other_workspaces={_WORKSPACE: workspace}) as azure:
            _look(azure, watched, families)
            before, began = azure.traffic.rows, time.perf_counter()
            poll_result = _look(azure, watched, families)
            took = time.perf_counter() - began
            return PollCost(poll_result.queries, azure.traffic.rows - before, len(poll_result.counts), took)
    finally:
        workspace.close()


def _mixes() -> Sequence[tuple[int, int, int]]:
    families_of_all = len(FAMILIES)
    return (
        *((families, RESOURCES[0], ROWS[0]) for families in (1, families_of_all)),
        *((families_of_all, resources, ROWS[0]) for resources in RESOURCES[1:]),
        *((families_of_all, RESOURCES[1], rows) for rows in ROWS[1:]),
    )


def _workspace(resources: int, rows: int) -> Workspace:
    workspace, rows_per_table = Workspace(), rows // len(_TABLES)
    for table, columns in _TABLES.items():
        head = f"{_MOMENT.format(rows=rows_per_table)}, {_OWNER.format(resources=resources)}"
        workspace.create_from_sql(table, f"SELECT {head}, {columns} FROM range({rows_per_table}) t(i)")  # noqa: S608  our own text
    workspace.visible_until = NOON
    return workspace


def _look(azure: SmallAzure, watched: Sequence[WatchedResource], families: Sequence[LogFamily]) -> Polled:
    logs = logs_of(azure)
    return poll(watched, lambda _: logs, {_WORKSPACE: MARK}, families, NOON)


def _watched(number: int) -> WatchedResource:
    return WatchedResource(_LOBBY.format(number=number), _WORKSPACE, _WORKSPACE, _WORKSPACE)
