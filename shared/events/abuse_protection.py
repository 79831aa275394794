"""Answer the service's question whether its events are wanted here, and from whom.

https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection

The service asks by OPTIONS, and by GET where that is answered 404. The origin is a header that anybody may set: what
proves an event is its signature or its token, never this.
"""

from shared.configuration.events import EventResource, EventRules

ORIGIN, ALLOWED_ORIGIN = "webhook-request-origin", "WebHook-Allowed-Origin"

_MOST_ORIGINS = 8


def resource_of(rules: EventRules, origin: str) -> tuple[EventResource, str] | None:
    """Return the resource that asks and the one origin to answer, or None for a stranger.

    Headers that came twice are one, parted by commas; the service takes one origin as an answer and no list.
    """
    for host in origin.split(",", _MOST_ORIGINS)[:_MOST_ORIGINS]:
        resource = rules.of_origin(host.strip())
        if resource is not None:
            return resource, host.strip()
    return None
