"""Check who asks: a signature by an access key, or a token of Entra.

https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.requests import Request

from local.azure.identity import Identity
from local.communication.refusals import Refusal, RefusedError
from shared.clock import Clock

ENTRA_AUDIENCE = "https://communication.azure.com"

_SIGNED = re.compile(r"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(\S+)")
_SKEW = timedelta(minutes=15)  # not published


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


@dataclass(slots=True)
class AccessKeys:
    """Two access keys, either of which is good; False for `enabled` is `disableLocalAuth`."""

    primary: str = field(default_factory=_new_key)
    secondary: str = field(default_factory=_new_key)
    enabled: bool = True

    def in_force(self) -> tuple[str, ...]:
        """Return the keys that are accepted."""
        return (self.primary, self.secondary) if self.enabled else ()


class Doorkeeper:
    """Lets callers in who prove who they are."""

    def __init__(self, keys: AccessKeys, identity: Identity | None, clock: Clock) -> None:
        self._keys = keys
        self._identity = identity
        self._clock = clock

    def check(self, request: Request, content: bytes) -> None:
        """Let a request in.

        Raises:
            RefusedError: it proves nothing.
        """
        authorization = request.headers.get("Authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            audiences = frozenset({ENTRA_AUDIENCE})
            if self._identity is None or not self._identity.accepts(token, audiences):
                raise RefusedError(Refusal.DENIED)
            return
        self._check_signature(authorization, request, content)

    def _check_signature(self, authorization: str, request: Request, content: bytes) -> None:
        headers = request.headers
        signature = _SIGNED.fullmatch(authorization)
        if signature is None or not self._is_now(headers.get("x-ms-date", "")):
            raise RefusedError(Refusal.DENIED)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        if not hmac.compare_digest(digest, headers.get("x-ms-content-sha256", "")):
            raise RefusedError(Refusal.HASH)
        path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        query = request.scope["query_string"].decode("ascii", "replace")
        target = f"{path}?{query}" if query else path
        signed = f"{request.method}\n{target}\n{headers['x-ms-date']};{headers.get('host', '')};{digest}"
        given = signature[1].encode("utf-8", "replace")
        if not any(hmac.compare_digest(_signature(key, signed), given) for key in self._keys.in_force()):
            raise RefusedError(Refusal.DENIED)

    def _is_now(self, text: str) -> bool:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return False
        return moment.tzinfo is not None and abs(moment - self._now()) <= _SKEW

    def _now(self) -> datetime:
        return self._clock.now()


def _signature(key: str, signed: str) -> bytes:
    return base64.b64encode(hmac.new(base64.b64decode(key), signed.encode(), hashlib.sha256).digest())
