"""The line as a page: Microsoft's client in the browser, loaded as it is published, file by file.

The package has no bundle. An import map names its modules, and `events`, which is no module of a browser, is wrapped as one.
"""

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from local.line.line import TriedLine
from local.machine.node import package_folder

PATH = "/line"

_HERE = Path(__file__).parent / "page"
_PACKAGES = (
    "@azure/web-pubsub-client",
    "@azure/core-util",
    "@azure/abort-controller",
    "@azure/logger",
    "@typespec/ts-http-runtime",
)
_BROWSER = "dist/browser"
_MODULES = {
    **{name: f"{PATH}/packages/{name}/index.js" for name in _PACKAGES},
    "@typespec/ts-http-runtime/internal/util": f"{PATH}/packages/@typespec/ts-http-runtime/util/internal.js",
    "@typespec/ts-http-runtime/internal/logger": f"{PATH}/packages/@typespec/ts-http-runtime/logger/internal.js",
    "events": f"{PATH}/events.js",
}
_IMPORTS = json.dumps({"imports": _MODULES})
_IMPORTS_HASH = base64.b64encode(hashlib.sha256(_IMPORTS.encode()).digest()).decode()


def line_routes(line: TriedLine) -> list[BaseRoute]:
    """Return the routes of the page, of everything that it loads, and of its buttons."""
    service = urlsplit(line.service.endpoint).netloc
    headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src 'self' 'sha256-{_IMPORTS_HASH}'; "
        f"connect-src 'self' wss://{service}; img-src data:; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    html = (_HERE / "line.html").read_text(encoding="utf-8")
    html = html.replace("{{imports}}", _IMPORTS).replace("{{service}}", line.service.endpoint)

    async def page(_request: Request) -> Response:
        return HTMLResponse(html, headers=headers)

    async def events(_request: Request) -> Response:
        source = (package_folder("events") / "events.js").read_text(encoding="utf-8")
        wrapped = f"const module = {{ exports: {{}} }};\n{source}\nexport default module.exports;\n"
        return Response(wrapped, media_type="text/javascript", headers=headers)

    async def broken(request: Request) -> Response:
        if not _is_own(request):
            return Response(status_code=403)
        action = line.breaks.get(request.path_params["action"])
        if action is None:
            return Response(status_code=404)
        await run_in_threadpool(action)
        return Response(status_code=204, headers=headers)

    files = (_file(name, headers) for name in ("line.css", "line.js", "negotiated.mjs"))
    packages = (
        Mount(f"{PATH}/packages/{name}", StaticFiles(directory=package_folder(name) / _BROWSER))
        for name in _PACKAGES
    )
    return [
        Route(PATH, page),
        Route(f"{PATH}/events.js", events),
        Route(f"{PATH}/break/{{action}}", broken, methods=["POST"]),
        *files,
        *packages,
    ]


def _file(name: str, headers: dict[str, str]) -> Route:
    async def answer(_request: Request) -> Response:
        return FileResponse(_HERE / name, media_type=None, headers=headers)

    return Route(f"{PATH}/{name}", answer)


def _is_own(request: Request) -> bool:
    """Tell whether our own page sent a request: a page of another site may post, too."""
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
