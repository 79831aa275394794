"""Answer clients that want to connect, and those that want a token for their next connection."""

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.configuration.tokens import TokenResource, TokenRules
from shared.errors import InputError, LinekeeperError
from shared.tokens.call_limits import CallLimits
from shared.tokens.caller import UNKNOWN_CALLER, Callers, UnknownCallerError
from shared.tokens.client_rates import StormWatch
from shared.tokens.client_token import client_token
from shared.tokens.grant import Grant, Signer, expiry_of, refresh_time
from shared.tokens.outages import DependencyDownError, Outages
from shared.tokens.policy import Entitlement, NotAllowedError, Rights, entitlement_of

MOST_BYTES = 32 * 1024  # of a body: a token is at most half of it

_NOT_ALLOWED = "this token is not given to the caller; expected rights that a policy gives"
_TOO_OFTEN = "the caller asks too often; expected are fewer calls"
_NOT_NOW = "tokens cannot be given now; expected is another attempt"
_TRY_AGAIN = timedelta(seconds=5)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token, as it came; names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """The answer to whoever asks for a token."""

    status: int
    content: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TokenDesk:
    """What tokens are given with."""

    rules: TokenRules
    callers: Callers
    signer_of: Callable[[TokenResource], Signer]
    storms: StormWatch
    limits: CallLimits
    outages: Outages
    random: Callable[[], float]


def answer_negotiate(desk: TokenDesk, hub: str, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Answer with a token for a connection that is opened now; no error leaves."""
    return _answered(desk, request, lambda: _negotiated(desk, hub, request, now))


def answer_refresh(desk: TokenDesk, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Answer with a token like the one in the body, for the next connection; no error leaves."""
    return _answered(desk, request, lambda: _refreshed(desk, request, now))


def _negotiated(desk: TokenDesk, hub: str, request: TokenRequest, now: datetime) -> Grant:
    entitlement = _entitlement(desk, hub, request, now)
    asked = _fields(request.body) if request.body else request.query
    minutes = entitlement.minutes(_minutes(asked))
    return _grant(desk, entitlement, entitlement.rights, minutes, now, is_connecting=True)


def _refreshed(desk: TokenDesk, request: TokenRequest, now: datetime) -> Grant:
    fields = _fields(request.body)
    token = fields.get("token")
    if not isinstance(token, str):
        raise InputError("token", "it is missing", "the `token` that negotiate gave")
    former = client_token(token)
    entitlement = _entitlement(desk, former.hub, request, now)
    if not entitlement.rights.holds(former.rights):
        raise NotAllowedError(f"rights on the hub {entitlement.hub} were withdrawn, or are another's")
    minutes = entitlement.minutes(_minutes(fields))
    return _grant(desk, entitlement, former.rights, minutes, now, is_connecting=False)


def _entitlement(desk: TokenDesk, hub: str, request: TokenRequest, now: datetime) -> Entitlement:
    caller = desk.callers.identify(request.headers, now)
    entitlement = entitlement_of(desk.rules, hub, caller)
    wait = desk.limits.wait(caller, entitlement.resource.calls_per_minute, now)
    if wait:
        raise _TooOftenError(timedelta(seconds=wait))
    return entitlement


def _grant(
    desk: TokenDesk,
    entitlement: Entitlement,
    rights: Rights,
    minutes: int,
    now: datetime,
    *,
    is_connecting: bool,
) -> Grant:
    resource, lifetime = entitlement.resource, timedelta(minutes=minutes)
    signer = desk.signer_of(resource)
    desk.outages.check(signer.name, now)
    try:
        address = signer.sign(entitlement.hub, rights, minutes)
        expires_at = expiry_of(address)
    except (LinekeeperError, ValueError, KeyError, TypeError, OverflowError) as error:
        asked = error.retry_after if isinstance(error, DependencyDownError) else timedelta()
        pause = desk.outages.note_failure(signer.name, now, asked)
        _log.error("%s gives no token: %s", signer.name, getattr(error, "message", type(error).__name__))
        raise DependencyDownError(signer.name, pause) from error
    desk.outages.note_answer(signer.name)
    wait = desk.storms.wait if is_connecting else desk.storms.expected
    return Grant(
        address=address,
        user=rights.user,
        hub=entitlement.hub,
        expires_at=expires_at,
        refresh_after=refresh_time(expires_at, minutes, desk.random()),
        connect_after=wait(resource.name, resource.connects_per_second, now, lifetime),
    )


class _TooOftenError(LinekeeperError):
    """One caller hammers."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("one caller asks too often")
        self.retry_after = retry_after


def _answered(desk: TokenDesk, request: TokenRequest, step: Callable[[], Grant]) -> TokenAnswer:
    if len(request.body) > MOST_BYTES:
        return TokenAnswer(413, {"said": f"the body is too large; expected at most {MOST_BYTES} bytes"})
    try:
        return TokenAnswer(200, step().as_json())
    except LinekeeperError as error:
        _log.log(logging.ERROR if _is_ours(error) else logging.WARNING, "no token: %s", error.message)
        return _refusal(error, desk.random())


def _is_ours(error: LinekeeperError) -> bool:
    return not isinstance(error, InputError | UnknownCallerError | NotAllowedError | _TooOftenError)


def _refusal(error: LinekeeperError, chance: float) -> TokenAnswer:
    """Return what a caller is told; why a proof failed and which rights are missing stand in the log alone."""
    match error:
        case InputError():
            answer = TokenAnswer(400, {"said": error.message})
        case UnknownCallerError():
            answer = TokenAnswer(401, {"said": UNKNOWN_CALLER}, {"WWW-Authenticate": "Bearer"})
        case NotAllowedError():
            answer = TokenAnswer(403, {"said": _NOT_ALLOWED})
        case _TooOftenError():
            answer = _later(429, _TOO_OFTEN, error.retry_after)
        case DependencyDownError():  # not all at once
            answer = _later(503, _NOT_NOW, error.retry_after * (1 + chance))
        case _:
            answer = _later(503, _NOT_NOW, _TRY_AGAIN * (1 + chance))
    return answer


def _later(status: int, text: str, after: timedelta) -> TokenAnswer:
    # Also in the body: a page of another origin may not read the header.
    seconds = max(1, math.ceil(after.total_seconds()))
    content = {"said": text, "retryAfterMs": seconds * 1000}
    return TokenAnswer(status, content, {"Retry-After": str(seconds)})


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("the body", "it is not JSON", "a mapping in JSON") from error
    if not isinstance(content, dict):
        raise InputError("the body", "it is not a mapping", "a mapping in JSON")
    return content


def _minutes(fields: Mapping[str, Any]) -> int | None:
    """Return how long a token is asked for; a query has texts, a body has numbers."""
    value = fields.get("minutes")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        return int(value)
    if type(value) is float and value.is_integer():  # JSON knows no whole numbers
        return int(value)
    if value is not None and type(value) is not int:
        raise InputError("minutes", "it is not a whole number", "a number of minutes")
    return value
