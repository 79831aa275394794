"""Counts of the lobby as the tests of the judging write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.configuration.objectives import Limit, ObjectiveSettings
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, WEB_PUBSUB, Origin, Shape, Signal

LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROMISED = ObjectiveSettings()


def signal(name: str, shape: Shape) -> Signal:
    return Signal(
        id=name,
        service=WEB_PUBSUB,
        symptom="web-pubsub-connection-failures",
        title=name,
        origin=Origin.LOGS,
        shape=shape,
        sources=("WebPubSubConnectivity",),
        delay=timedelta(minutes=15),
        no_data="nobody connected",
    )


CONNECTS = signal("refused-connects", Shape.RATIO)
HANDSHAKES = signal("handshakes", Shape.RATIO)
ABORTS = signal("aborts", Shape.VALUE)
OBJECTIVES = {
    CONNECTS.id: PROMISED,
    HANDSHAKES.id: PROMISED,
    ABORTS.id: ObjectiveSettings(limit=Limit(30, timedelta(minutes=15))),
}


def at(number: int) -> datetime:
    """Return the start of a bucket, counted from noon."""
    return NOON + number * BUCKET


def count(number: int, bad: float, total: float, name: str = CONNECTS.id, **reasons: float) -> Count:
    return Count(LOBBY, name, at(number), bad, total, NOON, reasons)


def line(first: int, *pairs: tuple[float, float], name: str = CONNECTS.id) -> list[Count]:
    """Return consecutive buckets of (bad, total)."""
    return [count(first + number, bad, total, name) for number, (bad, total) in enumerate(pairs)]


def starts(series: Sequence[Count]) -> list[datetime]:
    return [count.bucket for count in series]
