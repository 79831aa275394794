"""Answer HTTP requests by the routes of an app, as the Functions host does.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote

import azure.functions as func

from local.host.call import Observer, call
from local.host.index import Function
from local.host.worker import Worker

_PARAMETER = re.compile(r"\{(?P<any>\*?)(?P<name>\w+)(?::(?P<kind>\w+))?(?P<optional>\??)\}")
_KINDS = {
    "int": r"-?\d+",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "alpha": r"[a-zA-Z]+",
}


class Site:
    """The HTTP functions of an app; each of the keys opens all of them."""

    def __init__(
        self, functions: Sequence[Function], prefix: str, keys: Sequence[str], worker: Worker
    ) -> None:
        self._routes = [(_pattern(function, prefix), function) for function in functions]
        self._keys = keys
        self._worker = worker

    def answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, observe: Observer
    ) -> func.HttpResponse:
        """Answer a request; `url` is the whole address."""
        address, _, query = url.partition("?")
        path = f"/{address.partition('://')[2].partition('/')[2]}"
        path = unquote(path)
        for pattern, function in self._routes:
            match = pattern.fullmatch(path)
            if match and method.upper() in _methods(function):
                break
        else:
            return func.HttpResponse(status_code=404)
        request = func.HttpRequest(
            method,
            url,
            headers=headers,
            params=_parameters(query),
            route_params={name: value for name, value in match.groupdict().items() if value is not None},
            body=body,
        )
        if not self._may_pass(function, request):
            return func.HttpResponse(status_code=401)
        invocation = call(self._worker, function, request, f"{method.upper()} {path}")
        observe(invocation)
        return _response(invocation.answer) if invocation.succeeded else func.HttpResponse(status_code=500)

    def _may_pass(self, function: Function, request: func.HttpRequest) -> bool:
        if function.text("authLevel", "FUNCTION").upper() == "ANONYMOUS":
            return True
        code = next((value for name, value in request.params.items() if name.lower() == "code"), "")
        given = request.headers.get("x-functions-key") or code
        return any(secrets.compare_digest(given.encode(), key.encode()) for key in self._keys)


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters of a query that have a value; one that comes twice is one, in upper and lower case."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    joined = {name: ",".join(parts) for name, parts in values.items()}
    return {name: value for name, value in joined.items() if value}


def _methods(function: Function) -> set[str]:
    """Return the methods that a function answers; without any it answers all."""
    methods = function.trigger.get("methods") or ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
    return {str(method).upper() for method in methods}


def _pattern(function: Function, prefix: str) -> re.Pattern[str]:
    path = "/".join(part for part in (prefix, function.text("route", function.name).strip("/")) if part)
    text, end = "", 0
    for parameter in _PARAMETER.finditer(path):
        text += re.escape(path[end : parameter.start()])
        value = ".*" if parameter["any"] else _KINDS.get(parameter["kind"] or "", "[^/]+")
        if parameter["optional"] and text.endswith("/"):
            text = f"{text[:-1]}(?:/(?P<{parameter['name']}>{value}))?"
        else:
            text += f"(?P<{parameter['name']}>{value})"
        end = parameter.end()
    return re.compile(f"/{text}{re.escape(path[end:])}/?", re.IGNORECASE)


def _response(answer: func.HttpResponse | str) -> func.HttpResponse:
    return func.HttpResponse(answer) if isinstance(answer, str) else answer
