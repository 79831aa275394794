"""Write the rows of a call centre's transcriptions."""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from shared.queries.scope import Window

CALLCENTER = (
    "/subscriptions/5c1a7d0e-93b4-4d62-8f0a-6e2b9c47d115/resourcegroups/rg-callcenter"
    "/providers/microsoft.communication/communicationservices/acs-callcenter"
)
API = (
    "/subscriptions/5c1a7d0e-93b4-4d62-8f0a-6e2b9c47d115/resourcegroups/rg-callcenter"
    "/providers/microsoft.insights/components/transcription-api"
)
SHOP = API.replace("transcription-api", "web-shop")
NINE = datetime(2025, 2, 26, 9, tzinfo=UTC)
WINDOW = Window(NINE, NINE + timedelta(hours=1))
TABLES = (
    "ACSCallAutomationStreamingUsage",
    "ACSCallAutomationIncomingOperations",
    "ACSCallAutomationMediaSummary",
    "AppTraces",
    "AppExceptions",
    "AppServiceConsoleLogs",
    "ContainerAppConsoleLogs",
    "AzureActivity",
)

Row = Mapping[str, object]


def at(second: float) -> datetime:
    """Return a moment so many seconds after nine."""
    return NINE + timedelta(seconds=second)


def closed(second: float, lifetime: float, code: int | None = 1006, **properties: object) -> Row:
    """Return a `ws_closed` record; values are text, as the exporter writes them."""
    record: dict[str, object] = {"lifetime_s": f"{lifetime:.3f}", "asgi_server": "uvicorn/0.34.0"}
    record |= {} if code is None else {"close_code": code}
    record |= {"connection_id": f"socket-{second:.3f}-{lifetime:.3f}", **properties}
    return trace(
        second, "ws_closed", **{name: str(value) for name, value in record.items() if value is not None}
    )


def trace(second: float, message: str, *, app: str = API, instance: str = "api-0", **properties: str) -> Row:
    """Return a row of AppTraces."""
    return {
        "TimeGenerated": at(second),
        "Message": message,
        "Properties": json.dumps(properties),
        "AppRoleInstance": instance,
        "_ResourceId": app,
    }


def session(second: float, lifetime: float, call: str = "", **cells: object) -> Row:
    """Return a transcription session of the usage table that ended so many seconds after nine."""
    return {
        "TimeGenerated": at(second + 20),
        "StreamingModality": "Transcription",
        "StreamingSessionId": f"session-{second:.3f}-{lifetime:.3f}",
        "StreamingStartTime": at(second - lifetime),
        "StreamingDurationInMs": lifetime * 1000,
        "CallConnectionId": call,
        "_ResourceId": CALLCENTER.upper(),
        **cells,
    }


def operation(second: float, name: str, call: str, status: int = 200) -> Row:
    """Return a request to Call Automation."""
    return {
        "TimeGenerated": at(second),
        "OperationName": name,
        "ResultType": "Failed" if status >= 400 else "Succeeded",
        "ResultSignature": status,
        "CallConnectionId": call,
        "_ResourceId": CALLCENTER,
    }


def media(second: float, name: str, subcode: int, code: int = 500, message: str = "Action failed.") -> Row:
    """Return the summary of a media operation."""
    return {
        "TimeGenerated": at(second),
        "OperationName": name,
        "OperationId": f"operation-{second}",
        "ResultType": "Failed",
        "ResultCode": code,
        "ResultSubcode": subcode,
        "ResultMessage": message,
        "_ResourceId": CALLCENTER,
    }


def spread(count: int, start: float = 120.0, end: float = 3400.0) -> list[float]:
    """Return so many seconds, evenly spread over the hour but on no second of a clock."""
    return [start + (end - start) * number / count + 0.37 * (number % 7) for number in range(count)]


def talk(count: int, seed: int = 7) -> Iterator[float]:
    """Return how long calls last: median 90 s, some short, few long."""
    dice = random.Random(seed)  # noqa: S311  # rows, not secrets
    return (max(5.0, dice.lognormvariate(4.5, 0.7)) for _ in range(count))


def hang_ups(count: int, seed: int = 7, **properties: object) -> list[Row]:
    """Return healthy sockets, closed by the peer when the call was over."""
    return [
        closed(second, life, 1000, **properties)
        for second, life in zip(spread(count), talk(count, seed), strict=True)
    ]
