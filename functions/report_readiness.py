"""HTTP: tell whether what the app depends on answers."""

import json

import azure.functions as func

from shared import wiring
from shared.health.readiness import answer
from shared.settings import Settings

blueprint = func.Blueprint()


@blueprint.route(route="health/ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def report_readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 when all is well and 503 when not; names of dependencies only with the key."""
    key = Settings.from_environment().health_key
    status, body = answer(wiring.readiness_report(), given_key=req.headers.get("x-health-key"), key=key)
    return func.HttpResponse(
        json.dumps(body),
        status_code=status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )
