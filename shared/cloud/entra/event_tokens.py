"""Admit events of Web PubSub by the Entra token of its identity.

https://learn.microsoft.com/azure/azure-web-pubsub/howto-use-managed-identity
"""

from datetime import datetime
from functools import cache

from shared.cloud.entra.bearer import InvalidTokenError, bearer, verified_claims
from shared.cloud.entra.gate import issuers_of
from shared.cloud.entra.jwks import Jwks
from shared.configuration.events import EventIdentity
from shared.errors import UnauthorizedError

_CALLERS = ("appid", "azp", "oid")  # an application of version 1 and 2, and its object


class EventTokens:
    """The tokens of every identity; implements `shared.events.gate.TokenGate`; may be used by several threads."""

    def __init__(self, endpoint: str) -> None:
        @cache
        def keys_of(tenant: str) -> Jwks:
            return Jwks(f"{endpoint}/{tenant}/discovery/v2.0/keys")

        self._endpoint = endpoint
        self._keys_of = keys_of

    def admit(self, authorization: str, identity: EventIdentity, now: datetime) -> None:
        """Return when the header holds a good token of the identity.

        No claim names the connection or the hub. So a token says no more than that this resource is calling.
        """
        token = bearer(authorization)
        if not token:
            raise UnauthorizedError("the token is missing; expected one of the resource's identity")
        keys = self._keys_of(identity.tenant)
        try:
            claims = verified_claims(token, lambda kid: keys.find(kid, now), identity.audiences, now)
        except InvalidTokenError as error:
            raise UnauthorizedError(f"{error.message}; expected one for identity.audiences") from error
        if claims.get("iss") not in issuers_of(self._endpoint, identity.tenant):
            raise UnauthorizedError("the token is of another issuer; expected identity.tenant")
        if identity.ids.isdisjoint(str(claims.get(name, "")).lower() for name in _CALLERS):
            raise UnauthorizedError("the token is of another identity; expected one of identity.ids")
