"""Answer clients that want to connect, and those that want a token for their next connection."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.configuration.tokens import TokenResource, TokenRules
from shared.errors import InputError, LinekeeperError
from shared.outages import DependencyDownError, Outages
from shared.tokens.answers import TokenAnswer, TokenRequest, answered, fields_of, whole_number
from shared.tokens.call_limits import CallLimits, TooOftenError
from shared.tokens.caller import Callers
from shared.tokens.client_rates import StormWatch
from shared.tokens.client_token import client_token
from shared.tokens.grant import Grant, Signer, expiry_of, refresh_time
from shared.tokens.policy import Entitlement, NotAllowedError, Rights, entitlement_of

_log = logging.getLogger(__name__)


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
    return answered(request, lambda: _negotiated(desk, hub, request, now).as_json(), desk.random)


def answer_refresh(desk: TokenDesk, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Answer with a token like the one in the body, for the next connection; no error leaves."""
    return answered(request, lambda: _refreshed(desk, request, now).as_json(), desk.random)


def _negotiated(desk: TokenDesk, hub: str, request: TokenRequest, now: datetime) -> Grant:
    entitlement = _entitlement(desk, hub, request, now)
    asked = fields_of(request.body) if request.body else request.query
    minutes = entitlement.minutes(_minutes(asked))
    return _grant(desk, entitlement, entitlement.rights, minutes, now, is_connecting=True)


def _refreshed(desk: TokenDesk, request: TokenRequest, now: datetime) -> Grant:
    fields = fields_of(request.body)
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
        raise TooOftenError(timedelta(seconds=wait))
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


def _minutes(fields: Mapping[str, Any]) -> int | None:
    return whole_number(fields, "minutes", "a number of minutes")
