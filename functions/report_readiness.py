"""HTTP: tell whether what the app depends on answers."""

import json

import azure.functions as func

from shared.app import readiness

blueprint = func.Blueprint()


@blueprint.route(route="health/ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def report_readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 when all is well and 503 when not; names of dependencies only with the key."""
    status, body = await readiness.report_readiness_once(req.headers.get("x-health-key"))
    return func.HttpResponse(
        json.dumps(body),
        status_code=status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )
