"""What is asked of whoever gives tokens, and how each refusal is answered."""

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from shared.errors import InputError, LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.call_limits import TooOftenError
from shared.tokens.caller import UNKNOWN_CALLER, UnknownCallerError
from shared.tokens.policy import NotAllowedError

MOST_BYTES = 32 * 1024  # of a body: a token is at most half of it

_NOT_ALLOWED = "this token is not given to the caller; expected rights that a policy gives"
_TOO_OFTEN = "the caller asks too often; expected are fewer calls"
_NOT_NOW = "tokens cannot be given now; expected is another attempt"
_TRY_AGAIN = timedelta(seconds=5)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token, as it came; headers are looked up in lower case."""

    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """The answer to whoever asks for a token."""

    status: int
    content: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """Return the content as JSON."""
        return msgspec.json.encode(self.content)


class ConflictError(LinekeeperError):
    """A request that does not fit what is stored for the caller; the message is for the caller."""


class NotYetError(LinekeeperError):
    """Another request of the same caller is at work; after `retry_after` its result is there."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, permanent=False)
        self.retry_after = retry_after


def answered(
    request: TokenRequest, step: Callable[[], Mapping[str, object]], random: Callable[[], float]
) -> TokenAnswer:
    """Return what a step answers, or why it gives nothing; no error leaves."""
    if len(request.body) > MOST_BYTES:
        return TokenAnswer(413, {"said": f"the body is too large; expected at most {MOST_BYTES} bytes"})
    try:
        return TokenAnswer(200, step())
    except LinekeeperError as error:
        _log.log(logging.ERROR if _is_ours(error) else logging.WARNING, "no token: %s", error.message)
        return _refusal(error, random())


def not_now(error: LinekeeperError, random: Callable[[], float]) -> TokenAnswer:
    """Return what a caller is told while nobody knows who may have which token."""
    _log.error("no token: %s", error.message)
    return _later(503, _NOT_NOW, _TRY_AGAIN * (1 + random()))


def fields_of(body: bytes) -> Mapping[str, Any]:
    """Return the fields of a body.

    Raises:
        InputError: it is not a mapping in JSON.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("the body", "it is not JSON", "a mapping in JSON") from error
    if not isinstance(content, dict):
        raise InputError("the body", "it is not a mapping", "a mapping in JSON")
    return content


def whole_number(fields: Mapping[str, Any], name: str, expected: str) -> int | None:
    """Return a field that is a whole number, or None where it is missing; a query has texts, a body has numbers.

    Raises:
        InputError: it is something else.
    """
    if name not in fields:
        return None
    value = fields[name]
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        return int(value)
    if type(value) is float and value.is_integer():  # JSON knows no whole numbers
        return int(value)
    if type(value) is not int:
        raise InputError(name, "it is not a whole number", expected)
    return value


_THEIRS = (InputError, UnknownCallerError, NotAllowedError, TooOftenError, ConflictError, NotYetError)


def _is_ours(error: LinekeeperError) -> bool:
    return not isinstance(error, _THEIRS)


def _refusal(error: LinekeeperError, chance: float) -> TokenAnswer:
    """Return what a caller is told; why a proof failed and which rights are missing stand in the log alone."""
    match error:
        case InputError():
            answer = TokenAnswer(400, {"said": error.message})
        case UnknownCallerError():
            answer = TokenAnswer(401, {"said": UNKNOWN_CALLER}, {"WWW-Authenticate": "Bearer"})
        case ConflictError():
            answer = TokenAnswer(409, {"said": error.message})
        case NotAllowedError():
            answer = TokenAnswer(403, {"said": _NOT_ALLOWED})
        case TooOftenError():
            answer = _later(429, _TOO_OFTEN, error.retry_after)
        case DependencyDownError() | NotYetError():  # not all at once
            answer = _later(503, _NOT_NOW, error.retry_after * (1 + chance))
        case _:
            answer = _later(503, _NOT_NOW, _TRY_AGAIN * (1 + chance))
    return answer


def _later(status: int, text: str, after: timedelta) -> TokenAnswer:
    # Also in the body: a page of another origin may not read the header.
    seconds = max(1, math.ceil(after.total_seconds()))
    content = {"said": text, "retryAfterMs": seconds * 1000}
    return TokenAnswer(status, content, {"Retry-After": str(seconds)})
