"""HTTP: give a caller the next token of its identity of Communication Services."""

import azure.functions as func

from shared.app.tokens import communicating

blueprint = func.Blueprint()


@blueprint.route(route="acs/token/refresh", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def refresh_acs_token(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with the next token of the same identity, and say otherwise why not."""
    answer = communicating.acs_refresh_once(req.headers, req.get_body())
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
