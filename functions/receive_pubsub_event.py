"""HTTP: answer an event of Web PubSub."""

import azure.functions as func

from shared.app import pubsub_events

blueprint = func.Blueprint()


# Without a key: the service proves itself by a signature or a token, and cannot hide a key that stands in its address.
@blueprint.route(
    route="pubsub/{hub}/{event}", methods=["OPTIONS", "GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS
)
def receive_pubsub_event(req: func.HttpRequest) -> func.HttpResponse:
    """Answer a validation, a connect, what a client sends, or that a connection began or ended."""
    answer = pubsub_events.receive_pubsub_event_once(
        req.method, req.route_params.get("hub", ""), req.headers, req.get_body()
    )
    return func.HttpResponse(
        answer.body or None,
        status_code=answer.status,
        mimetype=answer.content_type or None,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.all_headers},
    )
