"""Write the rows of the three log tables."""

from collections.abc import Mapping
from typing import Protocol
from uuid import uuid4

from shared.clock import Clock

CONNECTIVITY, REQUEST, MESSAGING = "WebPubSubConnectivity", "WebPubSubHttpRequest", "WebPubSubMessaging"
RESOURCE = "/subscriptions/6f1c/resourcegroups/rg-floor/providers/microsoft.signalrservice/webpubsub/lobby"


class Rows(Protocol):
    """Receives log rows; it is called in the thread of the service."""

    def add(self, table: str, row: Mapping[str, object]) -> None:
        """Take one row of a table."""
        ...


class Log:
    """The resource logs of one resource."""

    def __init__(
        self, rows: Rows | None, clock: Clock, resource: str = RESOURCE, location: str = "eastus"
    ) -> None:
        """Write to `rows`, or nowhere: without a diagnostic setting there are no logs."""
        self._rows = rows
        self._clock = clock
        self._resource = resource
        self._location = location

    def connection(
        self,
        operation: str,
        message: str,
        *,
        connection_id: str = "",
        user_id: str = "",
        address: str = "",
        level: str = "Informational",
    ) -> None:
        """Write about a connection."""
        self._add(
            CONNECTIVITY,
            OperationName=operation,
            Message=message,
            ConnectionId=connection_id,
            UserId=user_id,
            CallerIpAddress=address,
            Level=level,
        )

    def request(
        self,
        method: str,
        url: str,
        status: int,
        *,
        milliseconds: float = 0.0,
        message: str = "",
        address: str = "",
    ) -> None:
        """Write about a request that the service answered."""
        self._add(
            REQUEST,
            OperationName="",
            HttpMethod=method,
            Url=url,
            StatusCode=str(status),
            DurationMs=f"{milliseconds:.0f}",
            Message=message,
            CallerIpAddress=address,
            Level="Informational" if status < 400 else "Warning",
            TraceId=uuid4().hex,
        )

    def messaging(self, operation: str, message: str, *, connection_id: str = "", user_id: str = "") -> None:
        """Write about a message that could not be passed on."""
        self._add(
            MESSAGING,
            OperationName=operation,
            Message=message,
            ConnectionId=connection_id,
            UserId=user_id,
            Level="Error",
            TraceId=uuid4().hex,
        )

    def _add(self, table: str, **columns: object) -> None:
        if self._rows is not None:
            common = {
                "TimeGenerated": self._clock.now(),
                "_ResourceId": self._resource,
                "Location": self._location,
            }
            self._rows.add(table, {**common, **columns})
