"""Take requests to the REST API, check who asks, and find the operation."""

import time
from collections.abc import Sequence
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.pubsub.bearer import Bearers, RefusedTokenError, is_entra
from local.pubsub.hubs import is_hub_name
from local.pubsub.log import Log
from local.pubsub.rest.call import Call, RefusedCallError
from local.pubsub.rest.operations import Operation, Operations
from local.pubsub.texts import Unpublished

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
# The versions of the data plane: azure-rest-api-specs, specification/webpubsub/data-plane/WebPubSub
_VERSIONS = frozenset({"2021-10-01", "2022-11-01", "2023-07-01", "2024-01-01", "2024-12-01"})
_MAX_BODY_BYTES = 1024 * 1024


class RestApi:
    """Answers `/api`."""

    def __init__(
        self, operations: Operations, bearers: Bearers, identity: Identity | None, log: Log, endpoint: str
    ) -> None:
        self._operations = [
            (method, tuple(path.split("/")), operation)
            for (method, path), operation in operations.table().items()
        ]
        self._bearers = bearers
        self._identity = identity
        self._log = log
        self._endpoint = endpoint

    def routes(self) -> list[Route]:
        """Return the routes of the API."""
        return [
            Route("/api/health", _healthy, methods=["HEAD", "GET"]),
            Route("/api/{rest:path}", self._answer, methods=_METHODS),
        ]

    async def _answer(self, request: Request) -> Response:
        began, text = time.monotonic(), ""
        try:
            response = await self._respond(request)
        except RefusedTokenError as refused:
            text, response = str(refused), Response(status_code=401)
        except RefusedCallError as refused:
            text, response = Unpublished.REST_REFUSED.text(), _refusal(refused)
        self._log.request(
            request.method,
            str(request.url),
            response.status_code,
            milliseconds=(time.monotonic() - began) * 1000,
            message=text,
            address=request.client.host if request.client else "",
        )
        return response

    async def _respond(self, request: Request) -> Response:
        # A user id may hold a slash: the path is cut before it is decoded.
        raw: bytes = request.scope["raw_path"]
        path = raw.decode("ascii", "replace").partition("?")[0]
        by_entra = self._check_caller(request, path)
        segments = [unquote(part) for part in path.split("/")[2:]]
        if len(segments) < 3 or segments[0] != "hubs":
            raise RefusedCallError(404, "There is no such operation.")
        if not is_hub_name(segments[1]):
            raise RefusedCallError(400, "The hub name is not valid.")
        if request.query_params.get("api-version") not in _VERSIONS:
            raise RefusedCallError(400, "The api-version is missing or unknown.")
        operation, names = self._find(request.method, segments[2:])
        content = await _bounded(request)
        content_type = request.headers.get("Content-Type", "")
        return await operation(
            Call(segments[1], names, request.query_params, content_type, content, by_entra)
        )

    def _check_caller(self, request: Request, path: str) -> bool:
        """Check who asks; return whether it is a caller of Entra."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusedTokenError(Unpublished.NOT_SIGNED_IN.text())
        if is_entra(token, self._identity):
            return True
        self._bearers.request(token, self._endpoint + path)
        return False

    def _find(self, method: str, segments: Sequence[str]) -> tuple[Operation, dict[str, str]]:
        is_known_path = False
        for each_method, pattern, operation in self._operations:
            names = _match(pattern, segments)
            if names is not None and each_method == method:
                return operation, names
            is_known_path |= names is not None
        raise RefusedCallError(405 if is_known_path else 404, "There is no such operation.")


def _match(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    names = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            names[part[1:-1]] = segment
        elif part != segment:
            return None
    return names


async def _bounded(request: Request) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_BODY_BYTES:
            raise RefusedCallError(413, "The message is larger than 1 MB.")
    return content


def _refusal(refused: RefusedCallError) -> Response:
    return JSONResponse({"code": f"Error.{refused.status}", "message": str(refused)}, refused.status)


async def _healthy(_: Request) -> Response:
    return Response()
