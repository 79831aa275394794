"""Verify posts as the Standard Webhooks specification tells a receiver to, and their bodies by the published schema.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.machine.places import ROOT
from local.teams.behaviour import BehaviourPlan, always_sound
from shared.clock import Clock, SystemClock

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SCHEMA = ROOT / "docs" / "webhook.schema.json"
TOLERANCE = timedelta(minutes=5)  # between its clock and the sender's

_NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


class RefusedPostError(Exception):
    """A post is not genuine, or not as documented; the text says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class ReceivedPost:
    """One post; `payload` is None where it was refused, with the reason."""

    at: datetime
    status: int
    reason: str = ""
    payload: Mapping[str, Any] | None = None


@dataclass
class WebhookReceiver:
    """Takes what is genuine, keeps what came, and tells each notice once.

    Attributes:
        url: its address, which is a secret.
        key: what the sender signs with, as the setting holds it.
        plan: what goes wrong, and when.
        received: every post, oldest first.
    """

    url: str = ""
    key: str = ""
    plan: BehaviourPlan = always_sound
    clock: Clock = field(default_factory=SystemClock)
    received: list[ReceivedPost] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Mapping[str, Any]]:
        """Return the latest payload of each notice by its id: one that came twice is one."""
        return {str(post.payload["id"]): post.payload for post in self.received if post.payload is not None}

    async def receive(self, request: Request) -> Response:
        """Answer one request."""
        body, now = await request.body(), self.clock.now()
        behaviour = self.plan(len(self.received) + 1, now)
        if behaviour.status != 202:
            self.received.append(ReceivedPost(now, behaviour.status, "as it was told to"))
            headers = {} if behaviour.retry_after is None else {"Retry-After": str(behaviour.retry_after)}
            return Response(status_code=behaviour.status, headers=headers)
        try:
            payload = self.verified(request.headers, body, now)
        except RefusedPostError as error:
            self.received.append(ReceivedPost(now, error.status, str(error)))
            return JSONResponse({"error": str(error)}, error.status)
        self.received.append(ReceivedPost(now, 204, payload=payload))
        if behaviour.is_lost:
            # The receiving end of an ASGI message is a method of uvicorn's cycle, which holds the transport.
            request.receive.__self__.transport.abort()  # type: ignore[attr-defined]
        return Response(status_code=204)

    def verified(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Mapping[str, Any]:
        """Return the payload of a genuine post.

        Raises:
            RefusedPostError: it is not genuine, not now, or not as documented.
        """
        message, seconds, signatures = (headers.get(name, "") for name in _NAMES)
        if not (message and seconds and signatures):
            raise RefusedPostError(400, f"a header is missing; expected {', '.join(_NAMES)}")
        self._check_time(seconds, now)
        signed = f"{message}.{seconds}.".encode() + body
        if not any(
            _fits(signature, signed, key) for key in self.key.split() for signature in signatures.split()
        ):
            raise RefusedPostError(401, "no signature fits")
        payload = _json(body)
        if payload["id"] != message:
            raise RefusedPostError(400, "the id of the payload is not that of the header")
        return payload

    def _check_time(self, seconds: str, now: datetime) -> None:
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
            raise RefusedPostError(400, "webhook-timestamp is not a whole number of seconds")
        if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
            raise RefusedPostError(401, "it was signed more than five minutes from now")


def _fits(signature: str, signed: bytes, key: str) -> bool:
    version, _, value = signature.partition(",")
    secret = base64.b64decode(key.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return version == "v1" and hmac.compare_digest(wanted.encode(), value.encode())


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise RefusedPostError(400, f"the body is not JSON: {error}") from error
    wrong = next(schema_validator().iter_errors(payload), None)
    if wrong is not None:
        raise RefusedPostError(400, f"the payload is not as documented: {wrong.message[:300]}")
    return dict(payload)


@cache
def schema_validator() -> "Draft202012Validator":
    """Return a validator of payloads by the published schema."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
