"""Say why Azure Monitor did not answer, from what its SDKs raise."""

from dataclasses import dataclass

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.queries.logs import Failure, QueryError

_DETAIL = 300  # characters of the service's own words that a failure keeps

_FAILURES = {
    401: Failure.PERMISSION,
    403: Failure.PERMISSION,
    408: Failure.OUT_OF_TIME,
    429: Failure.THROTTLED,
    504: Failure.OUT_OF_TIME,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How a failure names what was asked."""

    audience: str  # that a token is for: "the workspace"
    endpoint: str  # "the query endpoint"
    refusal: str = ""  # stands before a status: "metrics of westeurope: "


def failure_of(error: AzureError, asked: Asked) -> QueryError:
    """Return the failure that an error of the SDK is."""
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        default = Failure.UNREACHABLE if error.status_code >= 500 else Failure.REFUSED
        failure = _FAILURES.get(error.status_code, default)
        return QueryError(failure, f"{asked.refusal}{error.status_code}: {cut(innermost(error))}")
    if isinstance(error, ClientAuthenticationError):
        return QueryError(Failure.PERMISSION, f"no token for {asked.audience}: {cut(error.message)}")
    if isinstance(error, ServiceResponseError):
        text = f"the connection ended before the answer: {cut(error.message)}"
        return QueryError(Failure.OUT_OF_TIME, text)
    if isinstance(error, ServiceRequestError):
        text = f"{asked.endpoint} cannot be reached: {cut(error.message)}"
        return QueryError(Failure.UNREACHABLE, text)
    return QueryError(Failure.UNREACHABLE, cut(str(error)))


def innermost(error: HttpResponseError) -> str:
    """Return the innermost message, the one that says what is wrong; the SDK of logs puts it into the model."""
    return str(getattr(error.model, "message", None) or error.message)


def cut(text: str) -> str:
    """Return the service's own words on one line, as many as a failure keeps."""
    return " ".join(text.split())[:_DETAIL]
