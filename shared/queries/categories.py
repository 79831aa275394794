"""The diagnostic categories that fill the tables of a service: what a person switches on in a diagnostic setting."""

from collections.abc import Mapping

# Azure Monitor reference, supported-logs of Microsoft.SignalRService/WebPubSub and Microsoft.Communication/CommunicationServices.
CATEGORIES: Mapping[str, str] = {
    "WebPubSubConnectivity": "ConnectivityLogs",
    "WebPubSubHttpRequest": "HttpRequestLogs",
    "WebPubSubMessaging": "MessagingLogs",
    "ACSAuthIncomingOperations": "AuthOperational",
    "ACSCallAutomationIncomingOperations": "CallAutomationOperational",
    "ACSCallAutomationMediaSummary": "CallAutomationMediaSummary",
    "ACSCallAutomationStreamingUsage": "CallAutomationStreamingUsage",
    "ACSCallClientOperations": "CallClientOperations",
    "ACSCallDiagnostics": "CallDiagnostics",
    "ACSCallDiagnosticsUpdates": "CallDiagnosticsUpdates",
    "ACSCallSummary": "CallSummary",
    "ACSCallSummaryUpdates": "CallSummaryUpdates",
    "ACSChatIncomingOperations": "ChatOperational",
}


def named(table: str) -> str:
    """Name a table for a person, with its category where it has one."""
    category = CATEGORIES.get(table)
    return f"{table} (diagnostic category {category})" if category else table
