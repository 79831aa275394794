"""Name the table that the rows of a diagnostic category go to.

Web PubSub: learn.microsoft.com azure-web-pubsub howto-troubleshoot-resource-logs; Communication Services: azure-monitor
reference/supported-logs/microsoft-communication-communicationservices-logs.
"""

from collections.abc import Mapping
from functools import cache

from shared.queries.schema import tables

_ACTIVITY = "AzureActivity"
_OF_WEB_PUBSUB = {
    "ConnectivityLogs": "WebPubSubConnectivity",
    "MessagingLogs": "WebPubSubMessaging",
    "HttpRequestLogs": "WebPubSubHttpRequest",
}
_OF_COMMUNICATION = {
    "AdvancedMessagingOperational": "ACSAdvancedMessagingOperations",
    "AuthOperational": "ACSAuthIncomingOperations",
    "CallAutomationMediaSummary": "ACSCallAutomationMediaSummary",
    "CallAutomationOperational": "ACSCallAutomationIncomingOperations",
    "CallAutomationStreamingUsage": "ACSCallAutomationStreamingUsage",
    "CallClientMediaStatsTimeSeries": "ACSCallClientMediaStatsTimeSeries",
    "CallClientOperations": "ACSCallClientOperations",
    "CallClientServiceRequestAndOutcome": "ACSCallClientServiceRequestAndOutcome",
    "CallClosedCaptionsSummary": "ACSCallClosedCaptionsSummary",
    "CallDiagnostics": "ACSCallDiagnostics",
    "CallDiagnosticsUpdates": "ACSCallDiagnosticsUpdates",
    "CallingMetrics": "ACSCallingMetrics",
    "CallRecordingOperational": "ACSCallRecordingIncomingOperations",
    "CallRecordingSummary": "ACSCallRecordingSummary",
    "CallSummary": "ACSCallSummary",
    "CallSummaryUpdates": "ACSCallSummaryUpdates",
    "CallSurvey": "ACSCallSurvey",
    "ChatOperational": "ACSChatIncomingOperations",
    "EmailSendMailOperational": "ACSEmailSendMailOperational",
    "EmailStatusUpdateOperational": "ACSEmailStatusUpdateOperational",
    "EmailUserEngagementOperational": "ACSEmailUserEngagementOperational",
    "JobRouterOperational": "ACSJobRouterIncomingOperations",
    "OptOutManagementOperational": "ACSOptOutManagementOperations",
    "RoomsOperational": "ACSRoomsIncomingOperations",
    "SMSOperational": "ACSSMSIncomingOperations",
    "Usage": "ACSBillingUsage",
}
# Of the Activity Log; records of before 2018 name the kind of operation instead.
_OF_ACTIVITY = ("Administrative", "ServiceHealth", "ResourceHealth", "Write", "Delete", "Action")
_SIGNALR = "/microsoft.signalrservice/signalr/"


def table_of_category(category: str, resource: str = "") -> str | None:
    """Name a category's table, None for one that is not known; categories of most App* tables have the table's name."""
    table = _known().get(category.strip().lower())
    is_of_signalr = _SIGNALR in f"{resource.lower()}/" and table != _ACTIVITY
    return "SignalRServiceDiagnosticLogs" if is_of_signalr else table


@cache
def _known() -> Mapping[str, str]:
    by_category = {
        **{name: name for name in tables()},
        **_OF_WEB_PUBSUB,
        **_OF_COMMUNICATION,
        **dict.fromkeys(_OF_ACTIVITY, _ACTIVITY),
    }
    return {category.lower(): table for category, table in by_category.items()}
