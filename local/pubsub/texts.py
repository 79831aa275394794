"""What the service writes into its logs: published texts with their sources, and a form for what is not published.

A test of the playbooks is worth nothing on a text that was made up to suit them. So a refusal whose words
Microsoft has not published is written as `unpublished/<code>`, which no playbook knows.
"""

from enum import Enum
from typing import NamedTuple

_DOCS = "https://learn.microsoft.com/azure/azure-web-pubsub/"
_RESOURCE_LOGS = _DOCS + "howto-troubleshoot-resource-logs"
_COMMON_ISSUES = _DOCS + "howto-troubleshoot-common-issues"


class _Words(NamedTuple):
    template: str
    source: str


class Published(Enum):
    """Texts that Microsoft has published, with blanks for what differs."""

    STARTED = _Words("Connection started", _RESOURCE_LOGS)
    AUDIENCE = _Words(
        "Failed to validate audience. Expected Audiences: {expected}. Actual Audiences: {actual}",
        _RESOURCE_LOGS,
    )
    CONNECTION_COUNT = _Words("Connection count reaches limit", _RESOURCE_LOGS)
    RELOADING = _Words("Service reloading, reconnect", _RESOURCE_LOGS)
    CONNECT_ANSWERED = _Words(
        "Sending message during operation hub:{hub},event:connect,type:sys,category:connections,"
        "requestType:Connect got unexpected response with status code {status}.",
        _COMMON_ISSUES,
    )
    TARGET_INVALID = _Words(
        "Sending message during operation handshake got unexpected response with status code 500. "
        "Detail: Get error from upstream: 'Request is denied as target server is invalid'",
        _COMMON_ISSUES,
    )
    ORIGIN_MISSING = _Words(
        "Abuse protection for '{url}' missing allowed origins: {origins}.", _COMMON_ISSUES
    )
    VALIDATION_ANSWERED = _Words("Abuse protection for '{url}' failed: {status}.", _COMMON_ISSUES)

    def text(self, **blanks: object) -> str:
        """Return the text with its blanks filled."""
        return self.value.template.format(**blanks)

    @property
    def source(self) -> str:
        """Where the text is published."""
        return self.value.source


class Unpublished(Enum):
    """What happens without published words, as codes."""

    NOT_SIGNED_IN = "T1"
    MALFORMED = "T2"
    OTHER_KEY = "T3"
    OUT_OF_TIME = "T4"
    KEYS_OFF = "T5"
    HUB_NAME = "H1"
    PROTOCOL = "H2"
    FRAME = "F1"
    BEHIND = "F2"
    EVENT_UNTAKEN = "E1"
    EVENT_ANSWERED = "E2"
    EVENT_UNANSWERED = "E3"
    EVENT_ANSWER_UNREADABLE = "E4"
    VALIDATION_UNANSWERED = "V1"
    CLIENT_LOST = "C1"
    CLOSED_ON_REQUEST = "C2"
    REST_REFUSED = "R1"

    def text(self) -> str:
        """Return the form that stands for the unknown words."""
        return f"unpublished/{self.value}"
