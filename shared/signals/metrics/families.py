"""The signals that platform metrics answer, and what each value of a dimension means."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.signals.signal import COMMUNICATION, WEB_PUBSUB, Origin, Shape, Signal

# Platform metrics are in the metrics database in under a minute (azure-monitor-docs, logs/data-ingestion-time.md);
# the minute in which something happens has to end first.
DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class MetricMeaning:
    """What an event of one label is: its reason, and whether it is bad."""

    reason: str
    is_bad: bool


Classify = Callable[[str], MetricMeaning | None]


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """One metric, split by one dimension, and the signal that it counts.

    `classify` reads a value of the dimension, verbatim; None means that such events are not counted at all.
    """

    signal: Signal
    metric: str  # REST name
    namespace: str
    dimension: str
    classify: Classify


def of_status(label: str) -> MetricMeaning:
    """Read the HTTP status of a client's connect: 400 and more refuses it, and so does what is not a status."""
    status = int(label) if label.isdecimal() else None
    return MetricMeaning(label or "unknown", status is None or status >= 400)


# ClosedByAppServer is the REST API's CloseConnection. PingTimeout is a client that vanished: a closed lid or a lost
# network leaves one every day, the metric knows closes only and not how many connections live on, and so no share of
# it tells trouble; the aborts of the logs are judged against all connections seen, and the playbook still weighs it.
WANTED_CLOSES = frozenset({"normal", "closedbyappserver"})
VANISHED = "pingtimeout"
# "Doesn't indicate a malfunction and is part of normal service operation" (azure-web-pubsub, concept-metrics.md).
RELOAD = "servicereload"


def of_close(label: str) -> MetricMeaning | None:
    """Read the category of a close. The two pages that list them disagree, so the set is open: unknown is bad."""
    category = label.lower()
    if category == RELOAD:
        return None
    return MetricMeaning(label or "unknown", category not in WANTED_CLOSES and category != VANISHED)


_STREAM_EVENTS = {
    "transcriptionstarted": False,
    "mediastreamingstarted": False,
    "transcriptionfailed": True,
    "mediastreamingfailed": True,
}


def of_callback(label: str) -> MetricMeaning | None:
    """Read the type of a callback event: of all kinds only those that tell how a WebSocket stream began or failed."""
    kind = label.rpartition(".")[2]  # "Microsoft.Communication.TranscriptionFailed" in the event itself
    is_bad = _STREAM_EVENTS.get(kind.lower())
    return None if is_bad is None else MetricMeaning(kind, is_bad)


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
    classify=of_status,
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
    classify=of_close,
)

# Bad events of the events that tell of streams. A stream that starts and fails later is counted once as each: the
# share is at least half of that of the sessions.
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
    classify=of_callback,
)

METRIC_FAMILIES = (HANDSHAKES, CLOSES, CALLBACK_EVENTS)
METRIC_SIGNALS = tuple(family.signal for family in METRIC_FAMILIES)
