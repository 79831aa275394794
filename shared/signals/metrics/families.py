"""The signals that are read in platform metrics, and the class of each value of their dimension."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.signals.signal import COMMUNICATION, WEB_PUBSUB, Origin, Shape, Signal

# Platform metrics are in the metrics database in under a minute (azure-monitor-docs, logs/data-ingestion-time.md), and
# the minute in which something happens has to end first.
DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class EventClass:
    """The class of the events that have one label: their reason, and whether they are bad."""

    reason: str
    is_bad: bool


Classify = Callable[[str], EventClass | None]


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """One metric, split by one dimension, and the signal that it counts.

    `classify` gets a value of the dimension, verbatim, and returns None for events that are not counted at all.
    """

    signal: Signal
    metric: str  # REST name
    namespace: str
    dimension: str
    classify: Classify


def classify_status(label: str) -> EventClass:
    """Classify the HTTP status of a client's connect: 400 and more is bad, and so is what is not a status."""
    status = int(label) if label.isdecimal() else None
    return EventClass(label or "unknown", status is None or status >= 400)


# ClosedByAppServer is the REST API's CloseConnection. PingTimeout is a client that vanished. A closed lid or a lost
# network gives one every day, and the metric has the closes only, not how many connections live on. So no share of
# them proves trouble. The aborts of the logs are judged against all connections seen, and the playbook still weighs it.
WANTED_CLOSES = frozenset({"normal", "closedbyappserver"})
VANISHED = "pingtimeout"
# "Doesn't indicate a malfunction and is part of normal service operation" (azure-web-pubsub, concept-metrics.md).
RELOAD = "servicereload"


def classify_close(label: str) -> EventClass | None:
    """Classify the category of a close. The two pages that list them disagree, so an unknown category is bad."""
    category = label.lower()
    if category == RELOAD:
        return None
    return EventClass(label or "unknown", category not in WANTED_CLOSES and category != VANISHED)


_STREAM_EVENTS = {
    "transcriptionstarted": False,
    "mediastreamingstarted": False,
    "transcriptionfailed": True,
    "mediastreamingfailed": True,
}


def classify_callback(label: str) -> EventClass | None:
    """Classify the type of a callback event; None for all but those about the start or failure of a WebSocket stream."""
    kind = label.rpartition(".")[2]  # "Microsoft.Communication.TranscriptionFailed" in the event itself
    is_bad = _STREAM_EVENTS.get(kind.lower())
    return None if is_bad is None else EventClass(kind, is_bad)


HANDSHAKES = MetricFamily(
    Signal(
        id="handshakes",
        service=WEB_PUBSUB,
        symptom="web-pubsub-connection-failures",
        title="refused handshakes",
        origin=Origin.METRICS,
        shape=Shape.RATIO,
        sources=("ClientRequestStatus",),
        delay=DELAY,
        no_data="No client asked to connect, or the identity may not read metrics.",
    ),
    metric="ClientRequestStatus",
    namespace=WEB_PUBSUB,
    dimension="Status",
    classify=classify_status,
)

CLOSES = MetricFamily(
    Signal(
        id="closes",
        service=WEB_PUBSUB,
        symptom="web-pubsub-connection-drops",
        title="unwanted closes",
        origin=Origin.METRICS,
        shape=Shape.RATIO,
        sources=("ConnectionCloseCount",),
        delay=DELAY,
        no_data="No connection closed, or the identity may not read metrics.",
    ),
    metric="ConnectionCloseCount",
    namespace=WEB_PUBSUB,
    dimension="ConnectionCloseCategory",
    classify=classify_close,
)

# A stream that starts and fails later gives an event of each kind: the share of bad events is at least half of the share
# of bad sessions.
CALLBACK_EVENTS = MetricFamily(
    Signal(
        id="callback-events",
        service=COMMUNICATION,
        symptom="acs-transcription-websocket-drops",
        title="failed transcription or media streams",
        origin=Origin.METRICS,
        shape=Shape.RATIO,
        sources=("AcsCallAutomationCallbackEvent",),
        delay=DELAY,
        no_data="No call used transcription or media streaming, or the identity may not read metrics.",
    ),
    metric="AcsCallAutomationCallbackEvent",
    namespace=COMMUNICATION,
    dimension="EventTypeName",
    classify=classify_callback,
)

METRIC_FAMILIES = (HANDSHAKES, CLOSES, CALLBACK_EVENTS)
METRIC_SIGNALS = tuple(family.signal for family in METRIC_FAMILIES)
