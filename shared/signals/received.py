"""The signals that are read in the events that Web PubSub sends us: how we answered, and why connections ended.

They are seen within seconds, without any log. A reliable client that does not come back is told 30 seconds late, when
the service gives up its recovery, and one that comes back is not told at all.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.signals.counts import BucketSum, Count
from shared.signals.signal import WEB_PUBSUB, Origin, Shape, Signal, bucket_of

SOURCE = "receive_pubsub_event"
REACH = timedelta(minutes=15)  # no bucket is counted any more that ended longer ago
KEPT = timedelta(hours=1)  # so long a repeat is known; the service's last one comes within two minutes

_DELAY = timedelta(minutes=1)


def _signal(name: str, symptom: str, title: str, no_data: str) -> Signal:
    return Signal(
        id=name,
        service=WEB_PUBSUB,
        symptom=symptom,
        title=title,
        origin=Origin.EVENTS,
        shape=Shape.RATIO,
        sources=(SOURCE,),
        delay=_DELAY,
        no_data=no_data,
    )


OUTCOMES = _signal(
    "web-pubsub-upstream-outcomes",
    "web-pubsub-event-handler-errors",
    "failed calls of our event handler",
    "No event came, or the hub has no event handler here.",
)
ENDS = _signal(
    "web-pubsub-disconnect-reasons",
    "web-pubsub-connection-drops",
    "unwanted disconnects",
    "No connection ended, or the hub sends no disconnected events here.",
)
SIGNALS = (OUTCOMES, ENDS)


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event, as it counts."""

    resource: str
    bucket: datetime
    failure: str  # why our answer failed, with the hub; empty for a good one
    end: str  # why the connection ended; empty where that is not counted
    is_bad_end: bool
    minute: int = 0  # its place in the bucket
    client: str = ""  # the same for all events of one client; empty where it is not known


class ReceivedEvents(Protocol):
    """The events that came, each once however often it was sent."""

    def since(self, bucket: datetime) -> Iterable[ReceivedEvent]:
        """Return the events of all resources from a bucket on."""
        ...

    def forget(self, before: datetime) -> None:
        """Delete some of the events of buckets that start before a moment; called again, more of them."""
        ...


def count_received(
    events: ReceivedEvents, resources: Collection[str], now: datetime, reach: timedelta = REACH
) -> tuple[Count, ...]:
    """Count the buckets of the last minutes of these resources, whole: a count replaces the one of before."""
    sums: dict[tuple[str, str, datetime], BucketSum] = {}
    for event in events.since(bucket_of(now - reach)):
        if event.resource not in resources:
            continue
        outcomes = sums.setdefault((event.resource, OUTCOMES.id, event.bucket), BucketSum())
        outcomes.add(event.failure or None, minute=event.minute, client=event.client)
        if event.end:
            ends = sums.setdefault((event.resource, ENDS.id, event.bucket), BucketSum())
            ends.add(event.end if event.is_bad_end else None, minute=event.minute, client=event.client)
    return tuple(sums[key].count(*key, now) for key in sorted(sums))
