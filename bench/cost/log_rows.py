"""How large rows of Log Analytics are: their columns as text.

https://learn.microsoft.com/azure/azure-monitor/logs/cost-logs#data-size-calculation
"""

import json
import logging
from collections.abc import Mapping

from bench.cost.counts import Counts

# Columns that are not charged.
FREE = frozenset({"_ResourceId", "_SubscriptionId", "_ItemId", "_IsBillable", "_BilledSize", "Type"})
_GUID = "00000000-0000-0000-0000-000000000000"
_TIME = "2026-11-20T12:00:00.0000000Z"
# What the host adds to each row of its app, by the table reference; how it fills them was not seen on Azure.
_EVERY_ROW: Mapping[str, object] = {
    "TenantId": _GUID,
    "TimeGenerated": _TIME,
    "AppRoleName": "func-linekeeper-0000000000000",
    "AppRoleInstance": "0" * 64,
    "ClientCity": "Amsterdam",
    "ClientCountryOrRegion": "Netherlands",
    "ClientIP": "0.0.0.0",  # noqa: S104  # the text that stands there, no address
    "ClientStateOrProvince": "North Holland",
    "ClientType": "PC",
    "IKey": _GUID,
    "ItemCount": 1,
    "OperationId": "0" * 32,
    "ParentId": "0" * 16,
    "ResourceGUID": _GUID,
    "SDKVersion": "azurefunctions: 4.1037.0.00000",
    "SourceSystem": "Azure",
}


def billed_bytes(row: Mapping[str, object]) -> int:
    """Return for how many bytes a row is charged."""
    return sum(len(_text(value).encode()) for column, value in row.items() if column not in FREE)


def trace(message: str, function: str, form: str) -> dict[str, object]:
    """Return a row of AppTraces; `form` is the message before its values are put in."""
    properties = {
        "Category": f"Function.{function}.User",
        "HostInstanceId": _GUID,
        "InvocationId": _GUID,
        "LogLevel": "Information",
        "ProcessId": "1",
        "prop__{OriginalFormat}": form,
    }
    return {
        **_EVERY_ROW,
        "OperationName": function,
        "Message": message,
        "SeverityLevel": 1,
        "Properties": properties,
    }


def rows_of_host(function: str, reason: str) -> tuple[dict[str, object], ...]:
    """Return what the host itself writes for one execution: that it began, that it ended, and a request."""
    began = f"Executing 'Functions.{function}' (Reason='{reason}', Id={_GUID})"
    ended = f"Executed 'Functions.{function}' (Succeeded, Id={_GUID}, Duration=100ms)"
    traces = (
        trace(began, function, "Executing '{functionName}' (Reason='{reason}', Id={invocationId})"),
        trace(
            ended,
            function,
            "Executed '{functionName}' ({status}, Id={invocationId}, Duration={executionDuration}ms)",
        ),
    )
    properties = {
        "FullName": f"Functions.{function}",
        "HostInstanceId": _GUID,
        "InvocationId": _GUID,
        "LogLevel": "Information",
        "TriggerReason": reason,
        "Category": "Host.Results",
        "ProcessId": "1",
    }
    request = {
        **_EVERY_ROW,
        "Id": "0" * 16,
        "Name": function,
        "OperationName": function,
        "DurationMs": 100.0,
        "ResultCode": "0",
        "Success": True,
        "Properties": properties,
    }
    return (*traces, request)


def bytes_of_a_connect() -> int:
    """Return the billed bytes of what Web PubSub logs of one client that connects and leaves: its request, and two rows."""
    every = {
        "TenantId": _GUID,
        "TimeGenerated": _TIME,
        "SourceSystem": "Azure",
        "Level": "Informational",
        "Location": "westeurope",
    }
    line = {**every, "ConnectionId": "0" * 32, "UserId": "0" * 16, "CallerIpAddress": "203.0.113.100"}
    request = {
        **every,
        "HttpMethod": "GET",
        "Url": "https://lobby.webpubsub.azure.com/client/hubs/lobby",
        "StatusCode": "101",
        "DurationMs": "33",
        "CallerIpAddress": "203.0.113.100",
        "TraceId": "0" * 16,
        "Message": "",
        "Headers": "",
        "OperationName": "",
    }
    rows = (
        {**line, "OperationName": "ConnectionStarted", "Message": "Connection started"},
        {**line, "OperationName": "ConnectionEnded", "Message": "Connection ended"},
        request,
    )
    return sum(map(billed_bytes, rows))


class CountedLog(logging.Handler):
    """Counts what the app logs, at the level that host.json lets through."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(logging.INFO)
        self._counts = counts
        self.function = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record, unless it is of the stand-ins."""
        if record.name.partition(".")[0] in {"local", "bench", "uvicorn", "asyncio"}:
            return
        message = record.getMessage()
        name = f"app: {record.name}"
        self._counts.log_rows[name] += 1
        self._counts.log_bytes[name] += billed_bytes(trace(message, self.function, str(record.msg)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
