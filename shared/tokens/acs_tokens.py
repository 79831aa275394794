"""Answer callers who want a token of Communication Services, the next one, or that all of theirs end."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.clock import iso
from shared.configuration.tokens_acs import AcsRules
from shared.errors import InputError
from shared.outages import Outages
from shared.tokens.acs_identities import AcsService, AcsToken, Identities, IdentityGoneError, new_identity
from shared.tokens.acs_policy import acs_entitlement_of
from shared.tokens.answers import ConflictError, TokenAnswer, TokenRequest, answered, fields_of, whole_number
from shared.tokens.call_limits import CallLimits, TooOftenError
from shared.tokens.caller import Caller, CallerKind, Callers
from shared.tokens.grant import refresh_time
from shared.tokens.policy import NotAllowedError

_STORAGE = "storage of identities"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AcsDesk:
    """What tokens of Communication Services are given with."""

    rules: AcsRules
    callers: Callers
    service: Callable[[], AcsService]
    identities: Callable[[], Identities]
    limits: CallLimits
    outages: Outages
    random: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a caller may have of what it asked for."""

    caller: str
    scopes: tuple[str, ...]
    hours: int


def answer_acs_token(desk: AcsDesk, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Answer with a token of the caller's identity, which is created where there is none; no error leaves."""
    return answered(request, lambda: _token(desk, request, now), desk.random)


def answer_acs_refresh(desk: AcsDesk, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Answer with the next token of the identity that the caller has; no error leaves."""
    return answered(request, lambda: _refreshed(desk, request, now), desk.random)


def answer_acs_revoke(desk: AcsDesk, request: TokenRequest, now: datetime) -> TokenAnswer:
    """Revoke every token of the caller's identity; no error leaves."""
    return answered(request, lambda: _revoked(desk, request, now), desk.random)


def _token(desk: AcsDesk, request: TokenRequest, now: datetime) -> Mapping[str, object]:
    wish = _wish(desk, request, now)
    service = desk.service()
    desk.outages.refuse(_issuing(service), now)
    identity = _identity(desk, wish.caller, service, now)
    try:
        token = _issued(desk, service, identity, wish, now)
    except IdentityGoneError:
        _forget(desk, wish.caller, identity, now)
        identity = _identity(desk, wish.caller, service, now)
        token = _issued(desk, service, identity, wish, now)
    return _grant(desk, wish, identity, token)


def _refreshed(desk: AcsDesk, request: TokenRequest, now: datetime) -> Mapping[str, object]:
    wish = _wish(desk, request, now)
    service = desk.service()
    desk.outages.refuse(_issuing(service), now)
    identity = _stored(desk, wish.caller, now)
    if identity is None:
        raise ConflictError("the caller has no identity yet; expected a call of /api/acs/token")
    try:
        token = _issued(desk, service, identity, wish, now)
    except IdentityGoneError as error:
        _forget(desk, wish.caller, identity, now)
        raise ConflictError(
            "the caller's identity was deleted; expected a call of /api/acs/token, which gives another"
        ) from error
    return _grant(desk, wish, identity, token)


def _revoked(desk: AcsDesk, request: TokenRequest, now: datetime) -> Mapping[str, object]:
    caller = _caller(desk, request, now)
    if not caller.id:
        raise NotAllowedError("who is anonymous has no tokens")
    if caller.how is CallerKind.KEY:  # others may always end their own tokens
        acs_entitlement_of(desk.rules, caller)
    identity = _stored(desk, caller.id, now)
    if identity is not None:
        service = desk.service()
        try:
            with desk.outages.asking(f"{service.name}: revoke", now):
                service.revoke(identity)
        except IdentityGoneError:
            _forget(desk, caller.id, identity, now)
        _log.info("the tokens of %s are revoked", identity)
    return {"userId": caller.id, "identity": identity, "revokedAt": iso(now) if identity else None}


def _caller(desk: AcsDesk, request: TokenRequest, now: datetime) -> Caller:
    caller = desk.callers.identify(request.headers, now)
    wait = desk.limits.wait(caller, desk.rules.calls_per_minute, now)
    if wait:
        raise TooOftenError(timedelta(seconds=wait))
    return caller


def _wish(desk: AcsDesk, request: TokenRequest, now: datetime) -> _Wish:
    caller = _caller(desk, request, now)
    entitlement = acs_entitlement_of(desk.rules, caller)
    fields = fields_of(request.body) if request.body else {}
    hours = entitlement.hours(whole_number(fields, "hours", "a number of hours"))
    return _Wish(caller.id, entitlement.scopes(_scopes(fields)), hours)


def _scopes(fields: Mapping[str, Any]) -> Sequence[str] | None:
    value = fields.get("scopes")
    if value is not None and not (isinstance(value, list) and all(isinstance(text, str) for text in value)):
        raise InputError("scopes", "it is not a list of texts", "some of the scopes of the policy")
    return value


def _stored(desk: AcsDesk, caller: str, now: datetime) -> str | None:
    with desk.outages.asking(_STORAGE, now):
        return desk.identities().find(caller)


def _identity(desk: AcsDesk, caller: str, service: AcsService, now: datetime) -> str:
    # What storage says first tells whether it answers; what fails later is told as it is.
    return _stored(desk, caller, now) or new_identity(caller, desk.identities(), service, desk.outages, now)


def _forget(desk: AcsDesk, caller: str, identity: str, now: datetime) -> None:
    _log.warning("the identity %s is gone, and its caller gets another", identity)
    with desk.outages.asking(_STORAGE, now):
        desk.identities().forget(caller, identity)


def _issued(desk: AcsDesk, service: AcsService, identity: str, wish: _Wish, now: datetime) -> AcsToken:
    with desk.outages.asking(_issuing(service), now):
        return service.issue(identity, wish.scopes, timedelta(hours=wish.hours))


def _issuing(service: AcsService) -> str:
    return f"{service.name}: issue"


def _grant(desk: AcsDesk, wish: _Wish, identity: str, token: AcsToken) -> Mapping[str, object]:
    return {
        "token": token.token,
        "userId": wish.caller,
        "identity": identity,
        "scopes": list(wish.scopes),
        "expiresAt": iso(token.expires_at),
        "refreshAfter": iso(refresh_time(token.expires_at, 60 * wish.hours, desk.random())),
    }
