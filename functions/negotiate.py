"""HTTP: give a client of Web PubSub its address with a token."""

import azure.functions as func

from shared.app.tokens import negotiating

blueprint = func.Blueprint()


@blueprint.route(route="negotiate/{hub}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def negotiate(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with the address and when to connect, and say otherwise why not."""
    answer = negotiating.negotiate_once(
        req.route_params.get("hub", ""), req.headers, req.get_body(), req.params
    )
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
