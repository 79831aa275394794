"""HTTP: give a client of Web PubSub a token for its next connection."""

import azure.functions as func

from shared.app.tokens import negotiating

blueprint = func.Blueprint()


@blueprint.route(route="refresh", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def refresh(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with a token for the same user and rights, and say otherwise why not."""
    answer = negotiating.refresh_once(req.headers, req.get_body())
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
