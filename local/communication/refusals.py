"""What the service answers when it refuses: published bodies with their sources, and a form for the others.

Where only the words are published the status is our choice, and where nothing is the words are `unpublished/<code>`:
nothing may rest on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

_RECORDED = "azure-sdk-for-python, sdk/communication/azure-communication-identity/tests/recordings"
_UNPUBLISHED = ""


class _Words(NamedTuple):
    status: int
    code: str
    message: str
    source: str
    target: str = ""


class Refusal(Enum):
    """Why a request is refused, with blanks for what differs."""

    MINUTES = _Words(
        400,
        "ValidationError",
        "ExpiresInMinutes value {minutes} is invalid. Value must be within the [60, 1440] interval.",
        f"{_RECORDED}/test_get_token_with_invalid_custom_expirations",
        "ExpiresInMinutes",
    )
    SCOPES = _Words(
        400,
        "ValidationError",
        "Scopes: The Scopes field is required.",
        f"{_RECORDED}/test_get_token_with_no_scopes",
        "Scopes",
    )
    HASH = _Words(
        401,
        "Denied",
        "Request 'x-ms-content-sha256' differs from generated content hash.",
        "github.com/Azure/azure-rest-api-specs/issues/11767",
    )
    DENIED = _Words(
        401, "Denied", "Denied by the resource provider.", "github.com/Azure/azure-sdk-for-js/issues/22312"
    )
    # The words are published, the status and the code are not.
    GONE = _Words(
        404,
        "unpublished/gone",
        "Provided identity doesn't exist.",
        "github.com/Azure/azure-sdk-for-js/issues/19849",
    )
    UNKNOWN_SCOPE = _Words(400, "ValidationError", "unpublished/unknown-scope", _UNPUBLISHED, "Scopes")
    BODY = _Words(400, "unpublished/body", "unpublished/body", _UNPUBLISHED)
    VERSION = _Words(400, "unpublished/api-version", "unpublished/api-version", _UNPUBLISHED)
    NO_SUCH_OPERATION = _Words(404, "unpublished/operation", "unpublished/operation", _UNPUBLISHED)
    # That it is 429 is published, and no more.
    BUSY = _Words(
        429,
        "unpublished/busy",
        "unpublished/busy",
        "https://learn.microsoft.com/azure/communication-services/concepts/service-limits",
    )
    BROKEN = _Words(500, "InternalServerError", "Internal server error.", "azure-sdk-for-js/issues/26387")


@dataclass
class RefusedError(Exception):
    """The request is refused."""

    refusal: Refusal
    values: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.refusal.value.status

    def body(self) -> dict[str, dict[str, str]]:
        """Return the body, a `CommunicationErrorResponse`."""
        words = self.refusal.value
        error = {"code": words.code, "message": words.message.format(**self.values)}
        return {"error": {**error, "target": words.target} if words.target else error}
