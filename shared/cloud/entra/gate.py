"""Admit callers by their Entra token: those of Azure Monitor's secure webhook and no others.

https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#configure-authentication-for-secure-webhook
https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt

from shared.alerts.inbox import UnauthorizedError
from shared.cloud.entra.jwks import Jwks
from shared.errors import LinekeeperError

# The application "AzNS AAD Webhook" and the role that it is given on the app registration of a secure webhook.
CALLER = "461e8683-5575-4561-ac7f-899cc907d62a"
ROLE = "ActionGroupsSecureWebhook"

_SKEW = timedelta(minutes=5)
_MAX_TOKEN_LENGTH = 16_384
_UNCHECKED = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "iss", "aud"]}
# Raised by PyJWT for texts that are not tokens: deeply nested brackets are a RecursionError.
_INVALID_TOKEN_ERRORS = (jwt.PyJWTError, ValueError, TypeError, RecursionError)


class EntraGate:
    """The rules of one tenant; implements `shared.alerts.inbox.Gate`; may be used by several threads."""

    def __init__(self, endpoint: str, tenant: str | None, audiences: Sequence[str]) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._tenant = tenant
        self._audiences = tuple(audiences)
        self._jwks = Jwks(f"{self._endpoint}/{tenant}/discovery/v2.0/keys")

    def admit(self, authorization: str, now: datetime) -> None:
        """Return when the header holds a good token of Azure Monitor's caller.

        Raises:
            UnauthorizedError: it does not, and why; the text holds nothing of the token.
            LinekeeperError: the keys cannot be fetched, or the setting ALERT_TENANT is missing.
        """
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthorizedError(
                "the header Authorization is missing; expected `Bearer` with a token of Entra"
            )
        claims = self._verified_claims(token.strip(), now)
        self._check_times(claims, now)
        self._check_issuer(claims)
        _check_caller(claims)

    def _verified_claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        expected = "one that Entra signed with RS256"
        if len(token) > _MAX_TOKEN_LENGTH:
            raise UnauthorizedError(f"the token is too long; expected {expected}")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except _INVALID_TOKEN_ERRORS as error:
            raise UnauthorizedError(f"the token cannot be read; expected {expected}") from error
        key = self._key(str(kid), now)
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audiences,
                options=_UNCHECKED,  # type: ignore[arg-type]
            )
        except jwt.InvalidAudienceError as error:
            raise UnauthorizedError("the token is for another audience; expected ALERT_AUDIENCE") from error
        except _INVALID_TOKEN_ERRORS as error:
            raise UnauthorizedError(
                f"the token is not valid ({type(error).__name__}); expected {expected}"
            ) from error

    def _check_times(self, claims: Mapping[str, Any], now: datetime) -> None:
        """Compare the token's times with `now`; PyJWT only knows the clock of the machine."""
        end, start = claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(end, int | float) or not isinstance(start, int | float):
            raise UnauthorizedError("the times of the token are not numbers; expected exp and nbf in seconds")
        if now.timestamp() >= end + _SKEW.total_seconds():
            raise UnauthorizedError("the token has expired; expected a new one")
        if now.timestamp() < start - _SKEW.total_seconds():
            raise UnauthorizedError("the token is not valid yet; expected one that is")

    def _check_issuer(self, claims: Mapping[str, Any]) -> None:
        # Which form a token has is the choice of the app registration: accessTokenAcceptedVersion.
        forms = {f"https://sts.windows.net/{self._tenant}/", f"{self._endpoint}/{self._tenant}/v2.0"}
        if claims.get("iss") not in forms:
            raise UnauthorizedError("the token is of another issuer; expected the tenant of ALERT_TENANT")

    def _key(self, kid: str, now: datetime) -> jwt.PyJWK:
        if not self._tenant:
            raise LinekeeperError("the setting ALERT_TENANT is missing; expected the id of the tenant")
        key = self._jwks.find(kid, now)
        if key is None:
            raise UnauthorizedError(
                "the token names a key that the tenant does not have; expected one of its keys"
            )
        return key


def _check_caller(claims: Mapping[str, Any]) -> None:
    if CALLER not in {claims.get("appid"), claims.get("azp")}:  # of version 1 and 2
        raise UnauthorizedError(
            "the token is of another application; expected AzNS AAD Webhook, Azure Monitor's own"
        )
    roles = claims.get("roles")
    if ROLE not in (roles if isinstance(roles, list) else [roles]):
        raise UnauthorizedError(f"the token has no role {ROLE}; expected it on the app registration")
