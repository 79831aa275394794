"""Small worlds that the app watches: resources whose clients come and go, and one that turns clients away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.arm import ArmStore, arm_from
from local.exports import read_folder
from local.metrics.store import MetricStore, Sample
from local.replay.case import CASES, read_case
from local.replay.live import shift_times
from local.workspace.arrival import with_arrival
from local.workspace.database import LogRow, Workspace

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
REGION = "westeurope"
_BEFORE = timedelta(hours=2)  # of rows, so that the first look finds no silence
_CASE = read_case(CASES / "office-range-not-allowed")
_ID = "/subscriptions/3b9a7c52-0002-4000-8000-00000000b002/resourcegroups/rg-floor/providers/microsoft.signalrservice/webpubsub/"
_EVERY = 60  # seconds, between two rows of one table of a resource
# Each table gets rows all the time, so that every look asks every query. How many it holds changes no count (`make bench`).
_TABLES = {
    "WebPubSubConnectivity": "CASE i % 2 WHEN 0 THEN 'ConnectionStarted' ELSE 'ConnectionEnded' END AS OperationName, "
    "'c' || i AS ConnectionId, '203.0.113.' || (i % 200) AS CallerIpAddress",
    "WebPubSubHttpRequest": "'101' AS StatusCode, 'GET' AS HttpMethod, 't' || i AS TraceId, "
    "'https://board.webpubsub.azure.com/client/hubs/board' AS Url, '203.0.113.' || (i % 200) AS CallerIpAddress",
    "WebPubSubMessaging": "'SendMessage' AS OperationName, 'c' || i AS ConnectionId",
}


@dataclass(frozen=True, slots=True)
class World:
    """What the stand-ins know, and for how long."""

    resources: tuple[str, ...]
    workspace: Workspace
    metrics: MetricStore
    arm: ArmStore
    hours: float

    @property
    def end(self) -> datetime:
        """When it ends; it begins at midnight."""
        return MIDNIGHT + timedelta(hours=self.hours)


@contextmanager
def world(resources: int, hours: float, incident_at: timedelta | None = None) -> Iterator[World]:
    """Make a world; at `incident_at` after midnight clients of the first resource begin to be turned away, for an hour."""
    workspace = Workspace()
    names = tuple(f"{_ID}board-{number}" for number in range(resources))
    for table, columns in _TABLES.items():
        workspace.create_from_sql(table, _select(resources, hours, columns))
    if incident_at is not None:
        by = MIDNIGHT + incident_at - _CASE.scope.window.start
        workspace.load(with_arrival(shift_times(_rows_of_case(names[0]), by)))
    metrics = MetricStore(_samples(names, hours), dict.fromkeys(names, REGION))
    try:
        yield World(names, workspace, metrics, _arm(names), hours)
    finally:
        workspace.close()


def _select(resources: int, hours: float, columns: str) -> str:
    seconds = int((_BEFORE + timedelta(hours=hours)).total_seconds())
    rows = resources * seconds // _EVERY
    start = f"TIMESTAMP '{MIDNIGHT - _BEFORE:%Y-%m-%d %H:%M:%S}'"
    moment = f"{start} + INTERVAL (i * {seconds * 1000 // max(1, rows)}) MILLISECOND AS TimeGenerated"
    owner = f"'{_ID}board-' || (i % {resources}) AS _ResourceId, '{REGION}' AS Location"
    return f"SELECT {moment}, {owner}, {columns} FROM range({rows}) t(i)"  # noqa: S608  # our own text


def _rows_of_case(resource: str) -> dict[str, list[LogRow]]:
    tables = read_folder(_CASE.folder).tables
    return {
        table: [{**row, "_ResourceId": resource} for row in rows]
        for table, rows in tables.items()
        if table in _TABLES
    }


def _samples(resources: tuple[str, ...], hours: float) -> Iterator[Sample]:
    for minute in range(-60, int(hours * 60)):
        at = MIDNIGHT + timedelta(minutes=minute)
        for resource in resources:
            yield Sample("ClientRequestStatus", resource, at, 4.0, {"Status": "101"})
            yield Sample("ConnectionCloseCount", resource, at, 4.0, {"ConnectionCloseCategory": "Normal"})


def _arm(resources: tuple[str, ...]) -> ArmStore:
    """Return the documents of the case's resource for each of ours."""
    store = arm_from(_CASE.folder)
    own = _CASE.scope.resources[0]
    documents: list[dict[str, Any]] = [store.get(own) or {}, *store.members(f"{own}/hubs")]
    for resource in resources:
        for document in documents:
            store.put({**document, "id": str(document["id"]).lower().replace(own, resource)})
    store.rows.clear()
    return store
