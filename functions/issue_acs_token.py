"""HTTP: give a caller a token of Communication Services."""

import azure.functions as func

from shared.app.tokens import communicating

blueprint = func.Blueprint()


@blueprint.route(route="acs/token", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def issue_acs_token(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with the token and whose it is, and say otherwise why not."""
    answer = communicating.acs_token_once(req.headers, req.get_body())
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
