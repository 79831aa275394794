"""How clients reach an account in memory: each try is carried, and tried again as the SDKs do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)

from tests.simulation.storage.memory import MemoryAccount, Rest
from tests.simulation.storage.wire import Answer, LostError, NotSentError, RefusalError, Request

NOTHING: Mapping[str, str] = {}

_T = TypeVar("_T")
_ERRORS: Mapping[int, type[HttpResponseError]] = {
    304: ResourceModifiedError,  # as the SDK has it
    404: ResourceNotFoundError,
    409: ResourceExistsError,
    412: ResourceModifiedError,
}
_AGAIN = {"GET", "HEAD", "PUT", "DELETE"}  # methods that the SDK of tables sends again where no answer came


@dataclass
class Line:
    """How clients reach an account: each try is carried, and tried again as the SDKs do.

    Attributes:
        carry: carries one try; None lets it through.
        tries: how many at most.
    """

    account: MemoryAccount
    tries: int
    carry: Callable[..., Any] | None = None
    rest: Rest = lambda _: None

    def call(self, service: str, method: str, what: str, identity: object, send: Callable[[], _T]) -> _T:
        """Call a service.

        Raises:
            AzureError: no answer came.
            RefusalError: it refuses, or is busy.
        """
        for left in reversed(range(self.tries)):
            try:
                return self._try(service, f"{method} {service} {what}", (method, what, identity), send)
            except RefusalError as refusal:
                if refusal.status < 500 or not left:
                    raise
            except AzureError:
                if not left or (service == "table" and method not in _AGAIN):
                    raise
            self.rest(0)
        raise AssertionError("one try is the last")

    def _try(self, service: str, what: str, identity: object, send: Callable[[], _T]) -> _T:
        if self.carry is None:
            return send()

        def outcome() -> _T | RefusalError:
            try:
                return send()
            except RefusalError as refusal:
                return refusal

        try:
            answer = self.carry(service, what, identity, outcome, busy=_busy, status=_status)
        except NotSentError as error:
            raise ServiceRequestError(str(error)) from error
        except LostError as error:
            raise ServiceResponseError(str(error)) from error
        if isinstance(answer, RefusalError):
            raise answer
        return answer  # type: ignore[no-any-return]


def _busy() -> RefusalError:
    return RefusalError(503, "ServerBusy")


def _status(answer: object) -> object:
    return answer.status if isinstance(answer, RefusalError | Answer) else 200


def asked(line: Line, service: str, request: Request, answer: Callable[[Request], Answer]) -> Answer:
    def send() -> Answer:
        told = answer(request)
        if told.status >= 300:
            raise RefusalError(told.status, told.headers["x-ms-error-code"])
        return told

    identity = (tuple(sorted(request.query.items())), request.body)
    try:
        return line.call(service, request.method, request.path, identity, send)
    except RefusalError as refusal:
        raise error_of(refusal) from refusal


def error_of(refusal: RefusalError, codes: Any = str) -> HttpResponseError:
    error = _ERRORS.get(refusal.status, HttpResponseError)(f"{refusal.text}\nErrorCode:{refusal.code}")
    error.status_code = refusal.status
    try:
        error.error_code = codes(refusal.code)  # type: ignore[attr-defined]  # as the SDKs do
    except ValueError:
        error.error_code = refusal.code  # type: ignore[attr-defined]
    if refusal.code == "PopReceiptMismatch":
        error.__class__ = HttpResponseError
    return error
