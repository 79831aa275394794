"""HTTP: show everything at once, to whoever has a signed link or is signed in."""

import azure.functions as func

from shared.app.pages import boarding

blueprint = func.Blueprint()


@blueprint.route(route="board", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def report_board(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the board; the signed link, or the sign-in, is the permission."""
    headers = {name.lower(): value for name, value in req.headers.items()}
    page = await boarding.report_board_once(req.params.get("token", ""), headers)
    return func.HttpResponse(
        b"" if req.method == "HEAD" else page.html.encode(),
        status_code=page.status,
        mimetype="text/html",
        charset="utf-8",
        headers=dict(page.headers),
    )
