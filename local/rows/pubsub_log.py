"""Write the logs of one Web PubSub resource, event by event."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.queries.scope import Scope, Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
LOBBY = "/subscriptions/6f1c/resourcegroups/rg-floor/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(NINE, NINE + timedelta(hours=1)))

CONNECTIVITY, REQUEST, MESSAGING, ACTIVITY = (
    "WebPubSubConnectivity",
    "WebPubSubHttpRequest",
    "WebPubSubMessaging",
    "AzureActivity",
)
APP_REQUESTS = "AppRequests"
TABLES = (CONNECTIVITY, REQUEST, MESSAGING, ACTIVITY, APP_REQUESTS)


@dataclass
class PubSubLog:
    """Rows by table; times are minutes after nine, and `address` is a caller that returns."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def add(self, table: str, minute: float, **columns: object) -> None:
        """Add one row of the lobby."""
        moment = NINE + timedelta(minutes=minute)
        row = {"TimeGenerated": moment, "_ResourceId": LOBBY, "Location": "eastus", **columns}
        self.rows.setdefault(table, []).append(row)

    def connectivity(self, minute: float, operation: str, message: str = "", address: str = "") -> None:
        """Add a row about a connection of its own."""
        self.add(CONNECTIVITY, minute, OperationName=operation, Message=message, CallerIpAddress=address or self._address(), ConnectionId=f"c-{next(self._numbers)}")  # fmt: skip

    def request(
        self,
        minute: float,
        status: int,
        url: str = "/client/hubs/lobby",
        message: str = "",
        address: str = "",
    ) -> None:
        """Add a client's request."""
        self.add(REQUEST, minute, StatusCode=str(status), Url=url, Message=message, HttpMethod="GET", CallerIpAddress=address or self._address(), TraceId=f"t-{next(self._numbers)}")  # fmt: skip

    def text(self, minute: float, message: str, operation: str = "") -> None:
        """Add a text of the messaging logs."""
        self.add(
            MESSAGING, minute, OperationName=operation, Message=message, TraceId=f"t-{next(self._numbers)}"
        )

    def change(self, minute: float, operation: str, properties: str = "", status: str = "Success") -> None:
        """Add one row of an ARM operation."""
        self.add(ACTIVITY, minute, OperationNameValue=f"MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/{operation.upper()}", ActivityStatusValue=status, CategoryValue="Administrative", CorrelationId=f"{operation}-{minute:.0f}", Properties=properties)  # fmt: skip

    def declared(self, minute: float, *, service: str = "Azure Web PubSub", region: str = "East US", kind: str = "Incident", stage: str = "Active", start: float | None = None, end: float | None = None) -> None:  # fmt: skip
        """Add a Service Health record; the impact starts at its own minute unless said otherwise."""
        impacted = [{"ImpactedRegions": [{"RegionName": region}], "ServiceName": service}]
        record = {"incidentType": kind, "stage": stage, "trackingId": "VT1R-9X8", "service": service, "region": region, "impactStartTime": _iso(minute if start is None else start), "impactMitigationTime": "" if end is None else _iso(end), "impactedServices": json.dumps(impacted)}  # fmt: skip
        self.add(ACTIVITY, minute, CategoryValue="ServiceHealth", OperationNameValue="Microsoft.ServiceHealth/incident/action", ActivityStatusValue="Active", Properties=json.dumps(record), _ResourceId="")  # fmt: skip

    def accepted(self, count: int, first: float = 0, last: float = 60) -> "PubSubLog":
        """Add connections that were accepted, evenly spread."""
        for minute in spread(count, first, last):
            self.connectivity(minute, "ConnectionStarted", "Connection started")
        return self

    def closed(self, count: int, first: float, last: float, prefix: str = "") -> "PubSubLog":
        """Add connections that ended, each of an address of its own if there is a prefix."""
        for number, minute in enumerate(spread(count, first, last)):
            self.connectivity(minute, "ConnectionEnded", "", f"{prefix}{number}" if prefix else "")
        return self

    def refused(
        self, count: int, status: int, first: float = 10, last: float = 50, **columns: Any
    ) -> "PubSubLog":
        """Add client requests that were refused, evenly spread."""
        for minute in spread(count, first, last):
            self.request(minute, status, **columns)
        return self

    def told(self, count: int, message: str, first: float = 10, last: float = 50) -> "PubSubLog":
        """Add texts of the connectivity logs, evenly spread."""
        for minute in spread(count, first, last):
            self.connectivity(minute, "ConnectionAborted", message)
        return self

    def upstream(self, count: int, message: str, first: float = 10, last: float = 50) -> "PubSubLog":
        """Add texts of the messaging logs, evenly spread."""
        for minute in spread(count, first, last):
            self.text(minute, message)
        return self

    def _address(self) -> str:
        return f"198.51.100.{next(self._numbers) % 250}"


def spread(count: int, first: float, last: float) -> list[float]:
    """Return minutes that lie evenly between two."""
    return [first + (last - first) * number / count for number in range(count)]


def _iso(minute: float) -> str:
    return (NINE + timedelta(minutes=minute)).isoformat()
