"""HTTP: accept an alert of Azure Monitor."""

import json

import azure.functions as func

from shared.app.alerts import alerting

blueprint = func.Blueprint()


@blueprint.route(route="alerts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def receive_alert(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 202 when the alert is kept and its handling is asked for, and say otherwise why not."""
    answer = alerting.receive_alert_once(req.get_body(), req.headers.get("authorization", ""))
    return func.HttpResponse(
        json.dumps({"said": answer.text, "alert": answer.key}),
        status_code=answer.status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers},
    )
