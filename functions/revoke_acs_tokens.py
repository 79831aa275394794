"""HTTP: end all tokens of a caller of Communication Services."""

import azure.functions as func

from shared.app.tokens import communicating

blueprint = func.Blueprint()


@blueprint.route(route="acs/token/revoke", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def revoke_acs_tokens(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with whose tokens end, and say otherwise why not."""
    answer = communicating.acs_revoke_once(req.headers, req.get_body())
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
