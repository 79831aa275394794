"""The channel as a page: its cards, drawn in the browser by Microsoft's own renderer, newest last."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from local.machine.node import package_folder
from local.teams.channel import Channel, RequestOutcome, WebhookRequest

PATH = "/channel"

_HERE = Path(__file__).parent / "page"
# The page loads nothing from anywhere else. The renderer sets some styles through markup.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes(channel: Channel) -> list[Route]:
    """Return the routes of the page and of everything that it loads."""

    async def messages(_request: Request) -> Response:
        requests = [request for request in channel.received if request.outcome is not RequestOutcome.REFUSED]
        return JSONResponse([_as_json(request) for request in requests], headers=_HEADERS)

    files = {
        PATH: _HERE / "channel.html",
        f"{PATH}/channel.css": _HERE / "channel.css",
        f"{PATH}/channel.js": _HERE / "channel.js",
        f"{PATH}/host.js": _HERE / "host.js",
        f"{PATH}/adaptivecards.js": package_folder("adaptivecards") / "dist/adaptivecards.min.js",
        f"{PATH}/markdown-it.js": package_folder("markdown-it") / "dist/browser/markdown-it.umd.min.js",
    }
    return [Route(f"{PATH}/messages", messages), *(_file(path, file) for path, file in files.items())]


def _file(path: str, file: Path) -> Route:
    async def answer(_request: Request) -> Response:
        return FileResponse(file, headers=_HEADERS)

    return Route(path, answer)


def _as_json(received: WebhookRequest) -> dict[str, Any]:
    failed = received.reason if received.outcome is RequestOutcome.FAILED else ""
    return {"at": received.at.isoformat(), "cards": [] if failed else received.cards, "failed": failed}
