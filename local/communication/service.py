"""Serve the identities of one resource of Communication Services on a free port of this machine.

https://github.com/Azure/azure-rest-api-specs/tree/main/specification/communication/data-plane/Identity/stable/2023-10-01
"""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import unquote

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.communication.doorkeeper import AccessKeys, Doorkeeper
from local.communication.limits import Limits, Operation
from local.communication.refusals import Refusal, RefusedError
from local.machine.certificates import certificate as made_certificate
from local.machine.https import address_of, free_port, https_server
from shared.clock import Clock, SystemClock

SCOPES = frozenset({"chat", "voip", "chat.join", "chat.join.limited", "voip.join"})
TABLE = "ACSAuthIncomingOperations"
RESOURCE = (
    "/subscriptions/6f1c/resourcegroups/rg-ward/providers/microsoft.communication/communicationservices/ward"
)

_VERSIONS = frozenset({"2021-03-07", "2022-06-01", "2022-10-01", "2023-10-01"})
_LEAST_MINUTES, _MOST_MINUTES = 60, 1440
_MAX_BODY_BYTES = 64 * 1024


class Rows(Protocol):
    """Receives log rows; it is called in the thread of the service."""

    def add(self, table: str, row: Mapping[str, object]) -> None:
        """Take one row of a table."""
        ...


@dataclass(slots=True)
class StoredIdentity:
    """An identity, and when its tokens were revoked last."""

    id: str
    created_at: datetime
    revoked_at: datetime | None = None
    tokens: int = 0


@dataclass(slots=True)
class _Call:
    """One request, and what its log row says of it."""

    request: Request
    content: bytes
    operation: Operation | None = None
    identity: str = ""
    scopes: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """Return the fields of the body; a body may be missing."""
        try:
            fields = json.loads(self.content) if self.content else {}
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise RefusedError(Refusal.BODY)
        return fields


class IdentityService:
    """The identities of a resource, served while its `with` block runs.

    Attributes:
        endpoint: its address, without a slash at the end.
        keys: its access keys.
        identities: those that exist, by id.
        deleted: the ids of those that were deleted.
        limits: what was taken and refused of each operation.
        lost_creates: for how many of the next creations the answer is lost: they are done, and answered with 500.
        is_down: True answers every request with 500, before anything is done.
    """

    def __init__(
        self,
        certificate: Path | None = None,
        *,
        clock: Clock | None = None,
        keys: AccessKeys | None = None,
        limits: Mapping[Operation, int] | None = None,
        identity: Identity | None = None,
        rows_to: Rows | None = None,
    ) -> None:
        """Make a resource.

        Args:
            certificate: what it serves.
            clock: by which tokens end and limits are counted; signatures are of the machine's time, as the SDK's.
            keys: its access keys.
            limits: other limits in 30 seconds than those of the service.
            identity: whose Entra tokens it takes; without one it takes access keys only.
            rows_to: gets the rows of its resource log.
        """
        self._certificate = certificate or made_certificate()
        self._listener = free_port()
        self.endpoint = address_of(self._listener)
        self.keys = keys or AccessKeys()
        self.identities: dict[str, StoredIdentity] = {}
        self.deleted: set[str] = set()
        self.lost_creates = 0
        self.is_down = False
        self._clock = clock or SystemClock()
        self.limits = Limits(self._clock, limits or {})
        self._doorkeeper = Doorkeeper(self.keys, identity, SystemClock())
        self._rows = rows_to
        self._resource = uuid.uuid4()
        self._secret = uuid.uuid4().hex + uuid.uuid4().hex
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Listen."""
        app = Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST", "DELETE"])])
        self._open.enter_context(https_server(app, self._listener, self._certificate))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port."""
        self._open.close()

    def connection_string(self, *, secondary: bool = False) -> str:
        """Return a connection string, as the portal shows it."""
        key = self.keys.secondary if secondary else self.keys.primary
        return f"endpoint={self.endpoint}/;accesskey={key}"

    async def _answer(self, request: Request) -> Response:
        call = _Call(request, await request.body())
        try:
            response = self._respond(call)
        except RefusedError as refused:
            response = JSONResponse(refused.body(), refused.status, headers=dict(refused.headers))
        self._log(call, response.status_code)
        return response

    def _respond(self, call: _Call) -> Response:
        step = self._find(call)
        if self.is_down:
            raise RefusedError(Refusal.BROKEN)
        self._doorkeeper.check(call.request, call.content)
        if call.request.query_params.get("api-version") not in _VERSIONS:
            raise RefusedError(Refusal.VERSION)
        if len(call.content) > _MAX_BODY_BYTES:
            raise RefusedError(Refusal.BODY)
        return step(call)

    def _find(self, call: _Call) -> Callable[[_Call], Response]:
        raw: bytes = call.request.scope["raw_path"]
        segments = raw.decode("ascii", "replace").partition("?")[0].split("/")[1:]
        method = call.request.method
        match (method, *segments):
            case ("POST", "identities"):
                call.operation, step = Operation.CREATE, self._create
            case ("DELETE", "identities", identity):
                call.operation, call.identity, step = Operation.DELETE, unquote(identity), self._delete
            case ("POST", "identities", identity, ":issueAccessToken"):
                call.operation, call.identity, step = Operation.ISSUE, unquote(identity), self._issue
            case ("POST", "identities", identity, ":revokeAccessTokens"):
                call.operation, call.identity, step = Operation.REVOKE, unquote(identity), self._revoke
            case _:
                raise RefusedError(Refusal.NO_SUCH_OPERATION)
        return step

    def _create(self, call: _Call) -> Response:
        fields = call.fields()
        scopes = fields.get("createTokenWithScopes")
        with_token = bool(scopes)
        lifetime = _lifetime(fields)
        if with_token:
            call.operation, call.scopes = Operation.CREATE_WITH_TOKEN, _scopes(scopes)
        self.limits.take(call.operation or Operation.CREATE)
        # As the service's ids look: of the resource, then of the identity.
        stored = StoredIdentity(f"8:acs:{self._resource}_{uuid.uuid4()}", self._clock.now())
        self.identities[stored.id] = stored
        call.identity = stored.id
        answer: dict[str, Any] = {"identity": {"id": stored.id}}
        if with_token:
            answer["accessToken"] = self._token(stored, call.scopes, lifetime)
        if self.lost_creates:
            self.lost_creates -= 1
            raise RefusedError(Refusal.BROKEN)
        return JSONResponse(answer, 201)

    def _issue(self, call: _Call) -> Response:
        fields = call.fields()
        call.scopes = _scopes(fields.get("scopes"))
        lifetime = _lifetime(fields)
        self.limits.take(Operation.ISSUE)
        return JSONResponse(self._token(self._known(call.identity), call.scopes, lifetime))

    def _revoke(self, call: _Call) -> Response:
        self.limits.take(Operation.REVOKE)
        self._known(call.identity).revoked_at = self._clock.now()
        return Response(status_code=204)

    def _delete(self, call: _Call) -> Response:
        self.limits.take(Operation.DELETE)
        self._known(call.identity)
        del self.identities[call.identity]
        self.deleted.add(call.identity)
        return Response(status_code=204)

    def _known(self, identity: str) -> StoredIdentity:
        stored = self.identities.get(identity)
        if stored is None:
            raise RefusedError(Refusal.GONE)
        return stored

    def _token(self, stored: StoredIdentity, scopes: list[str], lifetime: timedelta) -> dict[str, str]:
        """Return a token; it is a JWT, but what it holds is no contract of the service."""
        stored.tokens += 1
        end = self._clock.now() + lifetime
        claims = {"skypeid": stored.id.removeprefix("8:"), "scp": scopes, "exp": int(end.timestamp())}
        return {
            "token": jwt.encode(claims, self._secret, "HS256"),
            "expiresOn": f"{end:%Y-%m-%dT%H:%M:%S.%f}0+00:00",
        }

    def _log(self, call: _Call, status: int) -> None:
        if self._rows is None or call.operation is None:
            return
        is_create = call.operation is Operation.CREATE_WITH_TOKEN
        self._rows.add(
            TABLE,
            {
                "TimeGenerated": self._clock.now(),
                "_ResourceId": RESOURCE,
                "OperationName": str(Operation.CREATE if is_create else call.operation),
                "ResultType": "Succeeded" if status < 400 else "Failed",
                "ResultSignature": str(status),
                "CorrelationId": uuid.uuid4().hex,
                "Identity": call.identity,
                "Scopes": list(call.scopes),
                "URI": str(call.request.url),
            },
        )


def _scopes(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise RefusedError(Refusal.SCOPES)
    if not all(isinstance(scope, str) and scope in SCOPES for scope in value):
        raise RefusedError(Refusal.UNKNOWN_SCOPE)
    return value


def _lifetime(fields: Mapping[str, Any]) -> timedelta:
    minutes = fields.get("expiresInMinutes")
    if minutes is None:
        return timedelta(minutes=_MOST_MINUTES)
    if type(minutes) is not int or not _LEAST_MINUTES <= minutes <= _MOST_MINUTES:
        raise RefusedError(Refusal.MINUTES, {"minutes": minutes})
    return timedelta(minutes=minutes)
