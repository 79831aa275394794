"""Speak the Log Analytics query API over workspaces.

https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format
"""

import asyncio
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.workspace.bodies import Body, Error, Limits, error_body, refusal_body, tables_body
from local.workspace.cursors import Cursors
from local.workspace.database import Tables, Timespan, Workspace
from local.workspace.faults import Fault, Faults, Traffic, Trouble
from local.workspace.kql import run
from local.workspace.refusal import RefusedQueryError
from local.workspace.timespan import read_timespan
from local.workspace.united import United
from shared.clock import Clock, SystemClock

PUBLIC_AUDIENCE = "https://api.loganalytics.io"

# Azure runs five queries of one caller at a time and queues the others
# (https://learn.microsoft.com/azure/azure-monitor/service-limits#user-query-throttling).
_AT_ONCE = 5
_WAIT = re.compile(r"\bwait=(\d+(?:\.\d+)?)")
_DEFAULT_WAIT, _LONGEST_WAIT = 180.0, 600.0

_TROUBLES: dict[Trouble, Error] = {
    Trouble.THROTTLED: error_body("ThrottledError", "Too many queries by this caller; retry later"),
    Trouble.TIMED_OUT: error_body("GatewayTimeout", "The query did not finish within its timeout"),
    Trouble.FORBIDDEN: error_body(
        "InsufficientAccessError",
        "The provided credentials have insufficient access to perform the requested operation",
    ),
}


class _QueryRequest(NamedTuple):
    query: str
    timespan: Timespan
    tables: Tables


class QueryApi:
    """The query API of one workspace, or of several by their ids.

    Attributes:
        faults: what it is to do wrong.
        traffic: what it has seen and sent.
        limits: how much one answer may hold.
    """

    def __init__(
        self,
        workspace: Workspace,
        workspace_id: str,
        identity: Identity,
        audiences: frozenset[str],
        *,
        other_workspaces: Mapping[str, Workspace] | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.traffic = Traffic()
        self.limits = Limits()
        self._workspaces = {
            guid.lower(): member
            for guid, member in {workspace_id: workspace, **(other_workspaces or {})}.items()
        }
        self._identity = identity
        self._audiences = audiences | {PUBLIC_AUDIENCE}
        self._clock = clock or SystemClock()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="query")

    def routes(self) -> list[Route]:
        """Return the route of the single query; the batch operation is deprecated and not there."""
        return [Route("/v1/workspaces/{workspace}/query", self._answer, methods=["POST"])]

    def close(self) -> None:
        """Let go of the threads; what is still running is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, request: Request) -> Response:
        refused = self._refuse(request)
        if refused is not None:
            return refused
        try:
            request_body = self._read(await request.body(), request.path_params["workspace"])
        except ValueError as error:
            body = error_body(
                "BadArgumentError", "The request had some invalid properties", details=str(error)
            )
            return JSONResponse(body, 400)
        self.traffic.arrive(request_body.query)
        response, rows = Response(status_code=500), 0
        try:
            response, rows = await self._respond(request_body, _wait_of(request))
        finally:
            self.traffic.leave(rows, len(response.body))
        return response

    def _refuse(self, request: Request) -> Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            missing = "Authentication failed. The 'Authorization' header is missing."
            return JSONResponse(error_body("AuthenticationFailed", missing), 401)
        if not self._identity.accepts(token, self._audiences):
            invalid = "The provided authentication is not valid for this resource"
            return JSONResponse(error_body("InvalidTokenError", invalid), 401)
        if request.path_params["workspace"].lower() not in self._workspaces:
            return JSONResponse(error_body("PathNotFoundError", "The requested path does not exist"), 404)
        return None

    def _read(self, content: bytes, workspace: str) -> _QueryRequest:
        body = json.loads(content)
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            raise ValueError("the body must be an object with the text `query`")  # noqa: TRY004
        timespan = read_timespan(body.get("timespan"), self._clock.now())
        return _QueryRequest(
            body["query"], timespan, self._tables([workspace, *(body.get("workspaces") or ())])
        )

    def _tables(self, names: list[str]) -> Tables:
        guids = list(dict.fromkeys(str(name).lower() for name in names))
        unknown = [name for name in guids if name not in self._workspaces]
        if unknown:
            raise ValueError(f"there is no workspace {unknown[0]!r}")
        if len(guids) == 1:
            return self._workspaces[guids[0]]
        return United([self._workspaces[name] for name in guids])

    async def _respond(self, request_body: _QueryRequest, wait: float) -> tuple[Response, int]:
        fault = self.faults.next_for(request_body.query)
        if fault.trouble is not Trouble.NONE:
            return _in_trouble(fault), 0
        cursors = Cursors(request_body.tables, request_body.timespan)
        try:
            async with asyncio.timeout(wait):
                await asyncio.sleep(fault.delay.total_seconds())
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(self._threads, self._run, request_body, cursors)
        except TimeoutError:
            cursors.interrupt()
            return JSONResponse(_TROUBLES[Trouble.TIMED_OUT], 504), 0
        except RefusedQueryError as refused:
            return JSONResponse(refusal_body(refused), 400), 0
        return Response(body.content, media_type="application/json; charset=utf-8"), body.rows

    def _run(self, request_body: _QueryRequest, cursors: Cursors) -> Body:
        return tables_body(run(request_body.tables, request_body.query, cursors=cursors), self.limits)


def _wait_of(request: Request) -> float:
    match = _WAIT.search(request.headers.get("Prefer", ""))
    return min(float(match[1]), _LONGEST_WAIT) if match else _DEFAULT_WAIT


def _in_trouble(fault: Fault) -> Response:
    if fault.trouble is Trouble.NO_CONTENT:
        return Response(status_code=204)
    headers = {"Retry-After": f"{fault.retry_after:g}"} if fault.trouble is Trouble.THROTTLED else None
    return JSONResponse(_TROUBLES[fault.trouble], fault.trouble.value, headers)
