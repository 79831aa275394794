"""A signal: one measured fact about a resource, per 5-minute bucket of event time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

BUCKET = timedelta(minutes=5)
MINUTES = 5  # of a bucket

WEB_PUBSUB = "microsoft.signalrservice/webpubsub"
COMMUNICATION = "microsoft.communication/communicationservices"


class Origin(StrEnum):
    """Where a signal is read."""

    LOGS = "logs"
    METRICS = "metrics"
    EVENTS = "events"  # what Web PubSub sends us itself
    TRIES = "tries"  # what happens to us when we do what a client does


class Shape(StrEnum):
    """What the counts of a signal hold."""

    RATIO = "ratio"  # bad events and all events
    VALUE = "value"  # bad events alone: the source does not show how many events there were in all


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: what it counts, where it is read, how late its data arrives and which symptom it raises."""

    id: str
    service: str  # the ARM type in lower case
    symptom: str  # id of the playbook that explains it
    title: str  # the bad events, as a plural that a number may precede: "refused connects"
    origin: Origin
    shape: Shape
    sources: tuple[str, ...]  # tables, or the metric's REST name
    delay: timedelta  # until nearly all of a bucket has arrived
    no_data: str  # what missing data means, one sentence


def minute_of(moment: datetime) -> int:
    """Return the place of a moment's minute in its bucket, 0 to 4."""
    return moment.minute % MINUTES


def bucket_of(moment: datetime) -> datetime:
    """Return the start of the 5-minute bucket that holds a moment."""
    seconds = int(BUCKET.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)
