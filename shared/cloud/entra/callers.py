"""Tell who sent a request: by App Service, by a bearer token of a configured issuer, or by the key of a backend.

https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.cloud.entra.bearer import RS256, InvalidTokenError, bearer, claimed_issuer, verified_claims
from shared.cloud.entra.gate import issuers_of
from shared.cloud.entra.jwks import Jwks
from shared.configuration.tokens import Issuer
from shared.tokens.caller import ANONYMOUS, Caller, CallerKind, UnknownCallerError, is_id

_PRINCIPAL = "x-ms-client-principal"
_KEY, _USER = "x-negotiate-key", "x-negotiate-user"
_MOST_PRINCIPAL_LENGTH = 64 * 1024
_MOST_ROLES = 200
# Entra's own name for a person first: it stays where a mail address or a display name changes.
_ID_CLAIMS = (
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "sub",
)
_ROLE_CLAIMS = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer, and the keys that prove its tokens."""

    names: frozenset[str]
    declared: Issuer
    jwks: Jwks
    algorithms: Sequence[str] = RS256

    def check(self, now: datetime) -> None:
        """Make sure that its keys are here, or can be had.

        Raises:
            LinekeeperError: they cannot.
        """
        self.jwks.find("", now)


def trusted_issuer(issuer: Issuer, entra_endpoint: str) -> TrustedIssuer:
    """Return an issuer of the configuration with its keys, which are fetched when a token asks for them."""
    if issuer.tenant:
        keys = Jwks(f"{entra_endpoint}/{issuer.tenant}/discovery/v2.0/keys")
        return TrustedIssuer(issuers_of(entra_endpoint, issuer.tenant), issuer, keys)
    return TrustedIssuer(frozenset({issuer.issuer}), issuer, Jwks(issuer.jwks), ("RS256", "ES256"))


class HeaderCallers:
    """Implements `shared.tokens.caller.Callers`; may be used by several threads."""

    def __init__(self, issuers: Sequence[TrustedIssuer], key: str | None, *, is_authenticated: bool) -> None:
        """Take whose tokens count, the key of backends, and whether App Service authenticates every request."""
        self._issuers = {name: issuer for issuer in issuers for name in issuer.names}
        self._key = key
        self._is_authenticated = is_authenticated

    def identify(self, headers: Mapping[str, str], now: datetime) -> Caller:
        """Return who sent a request with these headers, named in lower case; ANONYMOUS where they show nothing.

        Raises:
            UnknownCallerError: they show something that proves nothing.
            LinekeeperError: the keys of an issuer cannot be had now.
        """
        # Without App Service authentication anybody may write this header.
        if self._is_authenticated and (principal := headers.get(_PRINCIPAL)):
            return _signed_in(principal)
        if authorization := headers.get("authorization"):
            return self._bearer(authorization, now)
        if _KEY in headers:
            return self._on_behalf(headers[_KEY], headers.get(_USER, ""))
        return ANONYMOUS

    def _bearer(self, authorization: str, now: datetime) -> Caller:
        token = bearer(authorization)
        if not token:
            raise UnknownCallerError("the header Authorization holds no bearer token")
        try:
            issuer = self._issuers.get(claimed_issuer(token))
            if issuer is None:
                raise UnknownCallerError("the token is of another issuer")
            claims = verified_claims(
                token,
                lambda kid: issuer.jwks.find(kid, now),
                issuer.declared.audiences,
                now,
                issuer.algorithms,
            )
        except InvalidTokenError as error:
            raise UnknownCallerError(error.message) from error
        return _claimed(claims, issuer.declared)

    def _on_behalf(self, key: str, user: str) -> Caller:
        if not self._key or not hmac.compare_digest(key.encode(errors="replace"), self._key.encode()):
            raise UnknownCallerError("the key is not NEGOTIATE_KEY")
        if not is_id(user):
            raise UnknownCallerError("the header x-negotiate-user names no user")
        return Caller(user, frozenset(), CallerKind.KEY)


def _claimed(claims: Mapping[str, Any], issuer: Issuer) -> Caller:
    name = claims.get(issuer.user)
    if not isinstance(name, str) or not is_id(issuer.prefix + name):
        raise UnknownCallerError(f"the token names no user in the claim {issuer.user}")
    return Caller(issuer.prefix + name, _roles(claims.get(issuer.roles)), CallerKind.TOKEN)


def _signed_in(principal: str) -> Caller:
    """Return whom App Service signed in; its claims are a list of pairs."""
    if len(principal) > _MOST_PRINCIPAL_LENGTH:
        raise UnknownCallerError("the principal of App Service is too long")
    try:
        content: Any = json.loads(base64.b64decode(principal))
        pairs = [(claim["typ"], claim["val"]) for claim in content["claims"]]
        role_types = _ROLE_CLAIMS | {content.get("role_typ")}
        named = {kind: value for kind, value in reversed(pairs) if kind in _ID_CLAIMS}
        roles = [value for kind, value in pairs if kind in role_types]
    except _UNREADABLE as error:
        raise UnknownCallerError("the principal of App Service cannot be read") from error
    name = next((named[kind] for kind in _ID_CLAIMS if kind in named), None)
    if not isinstance(name, str) or not is_id(name):
        raise UnknownCallerError("the principal of App Service names no user")
    return Caller(name, _roles(roles), CallerKind.APP_SERVICE)


def _roles(value: Any) -> frozenset[str]:
    listed = value if isinstance(value, list) else [value]
    return frozenset(role for role in listed[:_MOST_ROLES] if isinstance(role, str))
