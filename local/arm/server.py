"""Serve Azure Resource Manager: resources, long-running operations, Resource Graph and resource health.

https://learn.microsoft.com/rest/api/resources/ and https://learn.microsoft.com/rest/api/webpubsub/
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.arm.answer import ArmAnswer, RefusedRequest, refused
from local.arm.faults import ArmFaults, Seen
from local.arm.graph import GraphService
from local.arm.operations import Operations
from local.arm.resources import ResourceService
from local.arm.store import ArmStore
from local.azure.identity import Identity
from shared.clock import Clock

# Azure has a host of its own for this; here it parts its paths from those of the other services.
PREFIX = "/arm"

_METHODS = ["GET", "PUT", "PATCH", "POST", "DELETE"]
_GRAPH = "/providers/Microsoft.ResourceGraph/resources"


class ArmApi:
    """One endpoint of Azure Resource Manager.

    Attributes:
        endpoint: where it is reached.
        store: what it knows, and what the identity may not do.
        faults: what it is to do wrong, and what it was asked.
        operations: the long-running ones.
        graph: Resource Graph, with its quota.
        next_links_at: where the next pages of collections are said to be; None is the endpoint itself.
    """

    def __init__(self, store: ArmStore, identity: Identity, address: str, clock: Clock | None = None) -> None:
        """Stand below an address; like Azure it takes tokens for its own endpoint only."""
        self.endpoint = address + PREFIX
        self.store = store
        self.faults = ArmFaults()
        self.operations = Operations()
        self.graph = GraphService(store, clock)
        self._resources = ResourceService(store, self.operations, self.endpoint)
        self.next_links_at: str | None = None
        self._identity = identity

    def routes(self) -> list[Route]:
        """Return the routes of everything below the endpoint."""
        return [
            Route(f"{PREFIX}{top}/{{path:path}}", self._answer, methods=_METHODS)
            for top in ("/subscriptions", "/providers")
        ]

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        body = await request.body()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self._identity.accepts(token, frozenset({self.endpoint})):
            return _response(_no_token())
        trouble = await self.faults.meet(Seen(request.method, path.lower(), request.url.query, body))
        if trouble is not None:
            return _response(trouble)
        try:
            return _response(self._found(request, path, body))
        except RefusedRequest as refusal:
            return _response(refusal.answer)

    def _found(self, request: Request, path: str, body: bytes) -> ArmAnswer:
        version = request.query_params.get("api-version", "")
        if not version:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise RefusedRequest(refused(400, "MissingApiVersionParameter", message))
        if path.lower() == _GRAPH.lower():
            return self.graph.answer(request.method, version, body)
        kind, _, operation_id = path.rpartition("/")
        if kind.lower().endswith("/operationstatuses"):
            return self.operations.status(operation_id)
        if kind.lower().endswith("/operationresults"):
            return self.operations.result(operation_id)
        answer = self._resources.answer(request.method, path, version, dict(request.query_params), body)
        return self._with_link(answer)

    def _with_link(self, answer: ArmAnswer) -> ArmAnswer:
        if self.next_links_at is None or not isinstance(answer.body, dict) or "nextLink" not in answer.body:
            return answer
        link = answer.body["nextLink"].replace(self.endpoint, self.next_links_at)
        return ArmAnswer(answer.status, {**answer.body, "nextLink": link}, answer.headers)


def _no_token() -> ArmAnswer:
    message = "The access token is missing, old, or for another audience."
    return refused(401, "InvalidAuthenticationToken", message)


def _response(answer: ArmAnswer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    return JSONResponse(answer.body, answer.status, dict(answer.headers))
