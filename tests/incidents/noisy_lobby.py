"""A busy lobby in the platform metrics: a few handshakes in a thousand are refused in clumps, until something breaks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from shared.queries.metrics import MINUTE, MetricQuery, Point, Series
from shared.signals.counts import Count, MinuteEvents
from shared.signals.metrics.families import HANDSHAKES
from shared.signals.signal import BUCKET, bucket_of

USUAL = 0.001  # share of refused handshakes
_CLUMPED = 0.5  # the variance of a mean m is m + 0.5 * m²


@dataclass
class BusyLobby:
    """Handshakes by the minute, the same each time they are asked for; no other metric has a series."""

    resource: str
    now: Callable[[], datetime]
    per_minute: int = 200
    breaks_at: datetime | None = None
    heals_at: datetime | None = None
    again_every: timedelta | None = None  # it breaks again and again
    bad_share: float = 0.02
    delay: timedelta = timedelta(minutes=2)  # until a minute can be read

    def query(self, asked: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        """Return the handshakes of the lobby, as far as they can be read by now."""
        if asked.metrics != (HANDSHAKES.metric,) or self.resource not in asked.resources:
            return ()
        points: dict[str, list[Point]] = {"101": [], "401": []}
        for moment in _minutes(asked.window.start, min(asked.window.end, self.now() - self.delay)):
            bad, total = self.minute(moment)
            points["401"].append(Point(moment, bad))
            points["101"].append(Point(moment, total - bad))
        return tuple(
            Series(self.resource, HANDSHAKES.metric, tuple(series), label) for label, series in points.items()
        )

    def minute(self, moment: datetime) -> MinuteEvents:
        """Return what happens in a minute."""
        dice = Random(int(moment.timestamp()))
        total = dice.randint(self.per_minute * 3 // 4, self.per_minute * 5 // 4)
        share = self.bad_share if self._is_broken(moment) else USUAL
        rate = total * share * dice.gammavariate(1 / _CLUMPED, _CLUMPED)
        return MinuteEvents(min(total, _poisson(rate, dice)), total)

    def counts(self, since: datetime, until: datetime) -> Iterator[Count]:
        """Yield the counts that the watch would have kept, of the buckets from one moment to another."""
        bucket = bucket_of(since)
        while bucket < until:
            minutes = tuple(self.minute(moment) for moment in _minutes(bucket, bucket + BUCKET))
            bad, total = sum(bad for bad, _ in minutes), sum(total for _, total in minutes)
            reasons = {"401": bad} if bad else {}
            yield Count(
                self.resource,
                HANDSHAKES.signal.id,
                bucket,
                bad,
                total,
                bucket + 4 * BUCKET,
                reasons,
                minutes=minutes,
            )
            bucket += BUCKET

    def _is_broken(self, moment: datetime) -> bool:
        if self.breaks_at is None or moment < self.breaks_at:
            return False
        since = moment - self.breaks_at
        if self.again_every:
            since %= self.again_every
        return self.heals_at is None or since < self.heals_at - self.breaks_at


def _minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    moment = since
    while moment + MINUTE <= until:
        yield moment
        moment += MINUTE


def _poisson(rate: float, dice: Random) -> int:
    count, passed = 0, dice.expovariate(1)
    while passed < rate:
        count, passed = count + 1, passed + dice.expovariate(1)
    return count
