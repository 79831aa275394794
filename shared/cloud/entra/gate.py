"""Admit callers by their Entra token: those of Azure Monitor's secure webhook and no others.

https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#configure-authentication-for-secure-webhook
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import jwt

from shared.cloud.entra.bearer import InvalidTokenError, bearer, verified_claims
from shared.cloud.entra.jwks import Jwks
from shared.errors import LinekeeperError, UnauthorizedError

# The application "AzNS AAD Webhook" and the role that it is given on the app registration of a secure webhook.
CALLER = "461e8683-5575-4561-ac7f-899cc907d62a"
ROLE = "ActionGroupsSecureWebhook"

_SHARED_TENANTS = {"common", "organizations", "consumers"}
_EXPECTED = "expected one that Entra signed with RS256 for ALERT_AUDIENCE"


class EntraGate:
    """The rules of one tenant; implements `shared.alerts.inbox.Gate`; may be used by several threads."""

    def __init__(self, endpoint: str, tenant: str | None, audiences: Sequence[str]) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._tenant = tenant
        # A GUID in capitals is the same audience.
        self._audiences = tuple(
            dict.fromkeys(form for audience in audiences for form in (audience, audience.lower()))
        )
        self._jwks = Jwks(f"{self._endpoint}/{tenant}/discovery/v2.0/keys")

    def admit(self, authorization: str, now: datetime) -> None:
        """Return when the header holds a good token of Azure Monitor's caller.

        Raises:
            UnauthorizedError: it does not, and why; the text holds nothing of the token.
            LinekeeperError: the keys cannot be had now, or the setting ALERT_TENANT is missing or names no tenant by its GUID.
        """
        token = bearer(authorization)
        if not token:
            raise UnauthorizedError(
                "the header Authorization is missing; expected `Bearer` with a token of Entra"
            )
        try:
            claims = verified_claims(token, partial(self._key, now), self._audiences, now)
        except InvalidTokenError as error:
            raise UnauthorizedError(f"{error.message}; {_EXPECTED}") from error
        self._check_issuer(claims)
        _check_caller(claims)

    def _check_issuer(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") not in issuers_of(self._endpoint, str(self._tenant)):
            raise UnauthorizedError("the token is of another issuer; expected the tenant of ALERT_TENANT")

    def _key(self, now: datetime, kid: str) -> jwt.PyJWK | None:
        if not self._tenant:
            raise LinekeeperError("the setting ALERT_TENANT is missing; expected the id of the tenant")
        if "." in self._tenant or self._tenant in _SHARED_TENANTS:
            # Keys are published under a domain name too, and every token would then seem to be of another issuer.
            raise LinekeeperError("the setting ALERT_TENANT is not a GUID; expected the id of the tenant")
        return self._jwks.find(kid, now)


def issuers_of(endpoint: str, tenant: str) -> frozenset[str]:
    """Return how a tenant names itself in tokens of version 1 and 2."""
    # Which form a token has is the choice of the app registration: accessTokenAcceptedVersion.
    return frozenset({f"https://sts.windows.net/{tenant}/", f"{endpoint}/{tenant}/v2.0"})


def _check_caller(claims: Mapping[str, Any]) -> None:
    if CALLER not in {claims.get("appid"), claims.get("azp")}:  # of version 1 and 2
        raise UnauthorizedError(
            "the token is of another application; expected AzNS AAD Webhook, Azure Monitor's own"
        )
    roles = claims.get("roles")
    if ROLE not in (roles if isinstance(roles, list) else [roles]):
        raise UnauthorizedError(f"the token has no role {ROLE}; expected it on the app registration")
