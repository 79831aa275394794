"""Issue tokens as Entra does, and publish the keys that prove them.

https://learn.microsoft.com/entra/identity-platform/access-tokens
"""

import json
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_LIFETIME = timedelta(hours=1)


class Entra:
    """One tenant.

    Attributes:
        key_requests: how often its keys were asked for.
        broken: whether it answers 500 to that.
    """

    def __init__(self, tenant: str, address: str) -> None:
        self.tenant = tenant
        self.key_requests = 0
        self.broken = False
        self._address = address
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on; the earlier ones stay published."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._keys[f"key-{len(self._keys) + 1}"] = key

    def routes(self) -> list[Route]:
        """Return the route of the published keys."""
        return [Route("/{tenant}/discovery/v2.0/keys", self._published, methods=["GET"])]

    def token(self, now: datetime, *, version: int = 2, **claims: Any) -> str:
        """Return a signed token of a version; `claims` come before those that it would have, None takes one away."""
        issuers = {1: f"https://sts.windows.net/{self.tenant}/", 2: f"{self._address}/{self.tenant}/v2.0"}
        whole = {
            "iss": issuers[version],
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + _LIFETIME).timestamp()),
            "ver": f"{version}.0",
            **claims,
        }
        kid, key = list(self._keys.items())[-1]
        claims_of_token = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(claims_of_token, key, algorithm="RS256", headers={"kid": kid})

    async def _published(self, request: Request) -> Response:
        self.key_requests += 1
        if self.broken or request.path_params["tenant"] != self.tenant:
            return JSONResponse({"error": "server_error"}, 500 if self.broken else 400)
        keys = [
            {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
            for kid, key in self._keys.items()
        ]
        return JSONResponse({"keys": keys})
