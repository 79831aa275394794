"""Answer App Service's managed identity endpoint, and recognise the tokens that it issued.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import Clock, SystemClock

PATH = "/msi/token"

_VERSION = "2019-08-01"
_ISSUER = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/"
_SKEW = timedelta(minutes=5)
_ASSIGNED = ("client_id", "mi_res_id", "object_id")


@dataclass(frozen=True, slots=True)
class _Token:
    audience: str
    expires: datetime


class Identity:
    """The identity that an app has in a small Azure.

    Attributes:
        header: the secret that proves that the caller is the app itself.
        lifetime: how long the next tokens are good for.
        token_requests: the resources that tokens were asked for.
    """

    def __init__(self, clock: Clock | None = None, lifetime: timedelta = timedelta(hours=24)) -> None:
        self.header = secrets.token_hex(16)
        self.lifetime = lifetime
        self.token_requests: list[str] = []
        self._clock = clock or SystemClock()
        self._tokens: dict[str, _Token] = {}
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """Return the route that an app's IDENTITY_ENDPOINT names."""
        return [Route(PATH, self._answer, methods=["GET"])]

    def accepts(self, token: str, audiences: frozenset[str]) -> bool:
        """Say whether the token is ours, still good, and for one of these audiences."""
        with self._lock:
            issued_token = self._tokens.get(token)
        return (
            issued_token is not None
            and issued_token.audience in audiences
            and self._clock.now() < issued_token.expires
        )

    def issue(self, resource: str) -> tuple[str, datetime]:
        """Give out a token for a resource; return it with its end."""
        now = self._clock.now()
        expires = now + self.lifetime
        token = _readable_token(resource, now, expires)
        with self._lock:
            self.token_requests.append(resource)
            self._tokens[token] = _Token(resource.rstrip("/"), expires)
        return token, expires

    async def _answer(self, request: Request) -> Response:
        if not secrets.compare_digest(request.headers.get("X-IDENTITY-HEADER", ""), self.header):
            return _refuse(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query_params.get("api-version") != _VERSION:
            return _refuse(400, f"The api-version must be {_VERSION}.")
        resource = request.query_params.get("resource", "")
        if not resource:
            return _refuse(400, "The resource is missing.")
        token, expires = self.issue(resource)
        answer = {
            "access_token": token,
            "expires_on": str(int(expires.timestamp())),
            "resource": resource,
            "token_type": "Bearer",
        }
        answer |= {name: request.query_params[name] for name in _ASSIGNED if name in request.query_params}
        return JSONResponse(answer)


def _readable_token(resource: str, start: datetime, end: datetime) -> str:
    """Return a token in the form of Entra's: Azurite decodes it, and checks everything but the signature."""
    times = {"iat": start - _SKEW, "nbf": start - _SKEW, "exp": end}
    claims = {
        "aud": resource.rstrip("/"),
        "iss": _ISSUER,
        **{name: int(moment.timestamp()) for name, moment in times.items()},
    }
    parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
    signature = secrets.token_bytes(32)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, signature))


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status)
