"""The signals of Communication Services that are read in logs, and the families of KQL that count them."""

from datetime import timedelta

from shared.signals.family import LogFamily, Place
from shared.signals.signal import COMMUNICATION, Origin, Shape, Signal

CALLS = "acs-call-connection-failures"
CHAT = "acs-chat-message-delivery"
TRANSCRIPTION = "acs-transcription-websocket-drops"

# "Most logs within 40 minutes", all "approximately 60 minutes following the end of a call"; said of the update tables and
# assumed of the other tables about calls (azure-docs, communication-services call-summary-updates-log-schema.md).
OF_CALLS = timedelta(minutes=60)
# Resource logs take 3 to 10 minutes (azure-monitor-docs, logs/data-ingestion-time.md).
OF_OPERATIONS = timedelta(minutes=10)
# An assumption: the same page gives under 10 seconds after the upload and no time for the buffers of an SDK.
OF_APPLICATIONS = timedelta(minutes=2)


def _family(
    name: str,
    symptom: str,
    title: str,
    tables: tuple[str, ...],
    *,
    delay: timedelta,
    no_data: str,
    place: Place = Place.SERVICE,
) -> LogFamily:
    """Return a family of one signal; both have the same name."""
    signal = Signal(name, COMMUNICATION, symptom, title, Origin.LOGS, Shape.RATIO, tables, delay, no_data)
    return LogFamily(name, COMMUNICATION, place, tables, (signal,))


FAMILIES = (
    _family(
        "call-attempts",
        CALLS,
        "call attempts that never connected",
        ("ACSCallSummary", "ACSCallSummaryUpdates", "ACSCallClientOperations"),
        delay=OF_CALLS,
        no_data="Nobody called, or the rows of calls that ended within the last hour are still on their way.",
    ),
    _family(
        "identity-operations",
        CALLS,
        "identity requests that were refused or failed",
        ("ACSAuthIncomingOperations",),
        delay=OF_OPERATIONS,
        no_data="No token was issued and no identity managed; only 401, 403, 429 and 5xx would count as bad.",
    ),
    _family(
        "chat-operations",
        CHAT,
        "chat requests that were refused or failed",
        ("ACSChatIncomingOperations",),
        delay=OF_OPERATIONS,
        no_data="Nobody wrote or read a message; a client that lost its channel makes no request either.",
    ),
    _family(
        "chat-clients",
        CHAT,
        "client sessions without a notification channel",
        ("AppEvents", "AppTraces", "AppExceptions"),
        delay=OF_APPLICATIONS,
        no_data="No client of the application said anything of its notification channel; it may not log it at all.",
        place=Place.APPLICATION,
    ),
    _family(
        "call-automation-operations",
        CALLS,
        "Call Automation requests that were refused or failed",
        ("ACSCallAutomationIncomingOperations",),
        delay=OF_OPERATIONS,
        no_data="No application drove a call; only 401, 403, 429 and 5xx would count as bad.",
    ),
    _family(
        "transcription-operations",
        TRANSCRIPTION,
        "transcriptions or media streams that did not start or failed",
        ("ACSCallAutomationIncomingOperations", "ACSCallAutomationMediaSummary"),
        delay=OF_OPERATIONS,
        no_data="Nobody started or stopped a transcription or a media stream.",
    ),
    _family(
        "transcription-sessions",
        TRANSCRIPTION,
        "transcription sessions cut at the age of a keepalive",
        ("ACSCallAutomationStreamingUsage",),
        delay=OF_CALLS,
        no_data="No transcription session ended, or its row, which comes up to an hour later, is still on its way.",
    ),
    _family(
        "transcription-sockets",
        TRANSCRIPTION,
        "transcription sockets that were dropped",
        ("AppTraces",),
        delay=OF_APPLICATIONS,
        no_data="The application logged no end of a WebSocket; without ws_closed records its drops cannot be seen here.",
        place=Place.APPLICATION,
    ),
)

SIGNALS = tuple(signal for family in FAMILIES for signal in family.signals)
