"""HTTP: tell whether the app is alive."""

import json

import azure.functions as func

from shared.app import readiness

blueprint = func.Blueprint()


@blueprint.route(route="health/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def report_health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 while the process runs."""
    return func.HttpResponse(
        json.dumps(readiness.report_health_once()),
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )
