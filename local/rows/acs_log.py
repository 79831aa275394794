"""Write the logs of one Communication Services resource, leg by leg and request by request."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.queries.scope import Scope, Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
CLINIC = "/subscriptions/6f1c/resourcegroups/rg-clinic/providers/microsoft.communication/communicationservices/clinic"
CHAT_PAGE = "/subscriptions/6f1c/resourcegroups/rg-clinic/providers/microsoft.insights/components/chat-page"
SCOPE = Scope((CLINIC,), Window(NINE, NINE + timedelta(hours=1)))

SUMMARY, UPDATES, STREAMS, STREAM_UPDATES, OPERATIONS = (
    "ACSCallSummary",
    "ACSCallSummaryUpdates",
    "ACSCallDiagnostics",
    "ACSCallDiagnosticsUpdates",
    "ACSCallClientOperations",
)
CHAT, AUTH, EVENTS, TRACES, EXCEPTIONS, ACTIVITY = (
    "ACSChatIncomingOperations",
    "ACSAuthIncomingOperations",
    "AppEvents",
    "AppTraces",
    "AppExceptions",
    "AzureActivity",
)
TABLES = (
    SUMMARY,
    UPDATES,
    STREAMS,
    STREAM_UPDATES,
    OPERATIONS,
    CHAT,
    AUTH,
    EVENTS,
    TRACES,
    EXCEPTIONS,
    ACTIVITY,
)


@dataclass
class AcsLog:
    """Rows by table; times are minutes after nine."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def add(self, table: str, minute: float, **columns: object) -> None:
        """Add one row of the clinic."""
        moment = NINE + timedelta(minutes=minute)
        self.rows.setdefault(table, []).append({"TimeGenerated": moment, "_ResourceId": CLINIC, **columns})

    def leg(self, minute: float, code: int, subcode: int, category: str = "", *, user: str = "alice", call: str = "", table: str = SUMMARY, **columns: object) -> str:  # fmt: skip
        """Add a VoIP leg of a call and return the call's id."""
        call = call or self.name("call")
        row = {"CorrelationId": call, "ParticipantId": self.name("p"), "EndpointId": self.name("e")}
        ended = {
            "ParticipantEndReason": str(code),
            "ParticipantEndSubCode": str(subcode),
            "ResultCategory": category,
        }
        self.add(table, minute, **{**row, **ended, "Identifier": user, "EndpointType": "VoIP", **columns})
        return call

    def operation(self, minute: float, name: str, result: str, payload: Mapping[str, object], *, call: str = "", status: int = 200) -> None:  # fmt: skip
        """Add an operation that a client logged."""
        identity = {"OperationId": self.name("op"), "ClientInstanceId": self.name("c"), "CallId": call}
        self.add(OPERATIONS, minute, OperationName=name, ResultType=result, ResultSignature=status, OperationPayload=dict(payload), CallClientTimeStamp=NINE + timedelta(minutes=minute), **identity)  # fmt: skip

    def stream(self, minute: float, transport: str, user: str) -> None:
        """Add a media stream."""
        self.add(STREAMS, minute, Identifier=user, EndpointType="VoIP", TransportType=transport)

    def request(self, minute: float, operation: str, status: int, user: str, thread: str = "case-1", **columns: object) -> None:  # fmt: skip
        """Add a chat request."""
        result = "Succeeded" if status < 300 else "Failed"
        row = {"UserId": user, "ChatThreadId": thread, "CorrelationId": self.name("r")}
        self.add(CHAT, minute, **{"OperationName": operation, "ResultSignature": str(status), "ResultType": result, **row, **columns})  # fmt: skip

    def channel(self, minute: float, is_up: bool, session: str, **columns: object) -> None:
        """Add what a client said of its notification channel."""
        name = "realTimeNotificationConnected" if is_up else "realTimeNotificationDisconnected"
        self.add(EVENTS, minute, Name=name, SessionId=session, **{"_ResourceId": CHAT_PAGE, **columns})

    def identity(self, minute: float, operation: str, user: str, scopes: tuple[str, ...] = ("chat",)) -> None:
        """Add a request to the token service."""
        self.add(AUTH, minute, OperationName=operation, ResultType="Succeeded", Identity=user, Scopes=list(scopes))  # fmt: skip

    def name(self, prefix: str) -> str:
        """Return a name that nobody has yet."""
        return f"{prefix}-{next(self._numbers)}"


def spread(count: int, first: float = 20, last: float = 58) -> list[float]:
    """Return minutes that lie evenly between two."""
    return [first + (last - first) * number / count for number in range(count)]
