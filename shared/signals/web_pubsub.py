"""The signals of Web PubSub that are read in logs: refused connects, dropped connections, failing event handlers."""

from datetime import timedelta

from shared.signals.family import LogFamily, Place
from shared.signals.signal import WEB_PUBSUB, Origin, Shape, Signal

TABLES = ("WebPubSubConnectivity", "WebPubSubHttpRequest", "WebPubSubMessaging")

# Resource logs arrive after 3 to 10 minutes (azure-monitor-docs, logs/data-ingestion-time.md).
_DELAY = timedelta(minutes=10)
_NO_DATA = (
    "Nobody connected or sent in that time, or the diagnostic setting does not send the resource's logs here."
)


def _signal(name: str, symptom: str, title: str) -> Signal:
    return Signal(
        id=name,
        service=WEB_PUBSUB,
        symptom=symptom,
        title=title,
        origin=Origin.LOGS,
        shape=Shape.RATIO,
        sources=TABLES,
        delay=_DELAY,
        no_data=_NO_DATA,
    )


REFUSED_CONNECTS = _signal("refused-connects", "web-pubsub-connection-failures", "refused connects")
ABORTS = _signal("aborts", "web-pubsub-connection-drops", "dropped connections")
UPSTREAM_ERRORS = _signal("upstream-errors", "web-pubsub-event-handler-errors", "errors of event handlers")

SIGNALS = (REFUSED_CONNECTS, ABORTS, UPSTREAM_ERRORS)


def _family(name: str, signal: Signal) -> LogFamily:
    return LogFamily(id=name, service=WEB_PUBSUB, place=Place.SERVICE, tables=TABLES, signals=(signal,))


FAMILIES = (
    _family("web-pubsub-connects", REFUSED_CONNECTS),
    _family("web-pubsub-drops", ABORTS),
    _family("web-pubsub-upstream", UPSTREAM_ERRORS),
)
