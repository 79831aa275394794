"""HTTP: answer whoever comes by a link on a card; GET shows a page, POST acts."""

import azure.functions as func

from shared.app.pages import answering

blueprint = func.Blueprint()


@blueprint.route(route="respond", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def respond_to_incident(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a page; the signed link is the permission."""
    headers = {name.lower(): value for name, value in req.headers.items()}
    page = answering.respond_once(req.method, req.params.get("token", ""), req.get_body(), headers)
    return func.HttpResponse(
        b"" if req.method == "HEAD" else page.html.encode(),
        status_code=page.status,
        mimetype="text/html",
        charset="utf-8",
        headers=dict(page.headers),
    )
