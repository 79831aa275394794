"""Say why Azure Resource Manager did not answer, and which role would mend it."""

import re

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.context.ports import Absence, SourceUnavailableError
from shared.redaction import redact

READER = "Reader"  # holds `*/read`: resources, their children, their health, and Resource Graph

_MOST_LETTERS = 300  # of the service's own words
_ABSENCES = {
    401: Absence.FORBIDDEN,
    403: Absence.FORBIDDEN,
    404: Absence.NOT_FOUND,
    408: Absence.OUT_OF_TIME,
    429: Absence.THROTTLED,
    504: Absence.OUT_OF_TIME,
}
# "... does not have authorization to perform action 'X' over scope 'Y' ..."
_ACTION = re.compile(r"perform action '(?P<action>[^']+)'")


def unavailable(error: AzureError, what: str, role: str = READER) -> SourceUnavailableError:
    """Return what an error of an SDK is for those who asked for `what`."""
    words = _words(error.message)
    # What refuses a login answers with the same error as the Resource Manager, but with another status.
    if isinstance(error, ClientAuthenticationError) and error.status_code not in {401, 403}:
        reason = f"{what}: no token for Azure Resource Manager: {words}"
        return SourceUnavailableError(reason, absence=Absence.FORBIDDEN)
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return _answered(error, error.status_code, what, role)
    if isinstance(error, ServiceResponseError):
        reason = f"{what}: the connection ended before the answer: {words}"
        return SourceUnavailableError(reason, absence=Absence.OUT_OF_TIME)
    if isinstance(error, ServiceRequestError):
        reason = f"{what}: Azure Resource Manager cannot be reached: {words}"
        return SourceUnavailableError(reason, absence=Absence.UNREACHABLE)
    return SourceUnavailableError(f"{what}: {words}")


def unreadable(what: str, why: str) -> SourceUnavailableError:
    """Return what an answer is that is not what was agreed."""
    return SourceUnavailableError(f"{what}: the answer cannot be read: {why}", absence=Absence.UNREADABLE)


def late(what: str) -> SourceUnavailableError:
    """Return that an answer took longer than there was time."""
    return SourceUnavailableError(f"{what}: no answer in time", absence=Absence.OUT_OF_TIME)


def _answered(error: HttpResponseError, status: int, what: str, role: str) -> SourceUnavailableError:
    default = Absence.BROKEN if status >= 500 else Absence.REFUSED
    absence = _ABSENCES.get(status, default)
    text = error.message or ""
    action = _ACTION.search(text)
    if absence is Absence.FORBIDDEN:
        words = f"the app lacks the action {action['action']}" if action else _words(text)
        return SourceUnavailableError(f"{what}: {status}: {words}", role, absence=absence)
    return SourceUnavailableError(f"{what}: {status}: {_words(text)}", absence=absence)


def _words(text: str | None) -> str:
    """Return the service's own words on one line, redacted and cut."""
    return redact(" ".join((text or "").split()))[:_MOST_LETTERS]
