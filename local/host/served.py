"""Serve a host over HTTP: requests in the form in which the Functions host gives them on, answers as its worker sends them."""

from collections.abc import Iterable, Mapping
from functools import partial

import azure.functions as func
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.host.host import LOCAL_HOST, Host

_MOST_REQUESTS = 500  # at once; how many of them run at once is for the worker to say
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]  # and HEAD, which Starlette adds to GET


class _Anything(PathConvertor):
    """Every path, with line ends too."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())


def route_of(host: Host) -> Route:
    """Return the route by which every request reaches a host."""
    limiter = CapacityLimiter(_MOST_REQUESTS)

    async def answer(request: Request) -> Response:
        body = await request.body()
        # The host gives on no body whose length it was not told.
        given = body if request.headers.get("content-length") else b""
        target, headers, origin = _target(request), _joined(request.headers.items()), _origin(request)
        answered = partial(host.request, request.method, target, headers, given, origin)
        http_response = await run_sync(answered, limiter=limiter)
        return Response(http_response.get_body(), http_response.status_code, _headers(http_response))

    return Route("/{path:anything}", answer, methods=_METHODS)


def _target(request: Request) -> str:
    path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
    return f"{path}?{query}" if query else path


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host') or LOCAL_HOST}"


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name; those that come twice are one, as the host joins them."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _headers(answer: func.HttpResponse) -> Mapping[str, str]:
    is_text = answer.mimetype.startswith("text/")
    kind = f"{answer.mimetype}; charset={answer.charset}" if is_text else answer.mimetype
    return {"content-type": kind, **{name.lower(): value for name, value in answer.headers.items()}}
