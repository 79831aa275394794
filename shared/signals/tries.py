"""The signal that is read in our own tries of the line: what happens to us when we do what a client does.

It needs no traffic and no log. A failed try is bad when the one before it failed, too: a single connection may be lost.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.signals.counts import BucketSum, Count
from shared.signals.signal import WEB_PUBSUB, Origin, Shape, Signal, bucket_of, minute_of

SOURCE = "try_line"
REACH = timedelta(minutes=15)  # no bucket is counted any more that ended longer ago
KEPT = timedelta(days=1)

CANARY = Signal(
    id="canary",
    service=WEB_PUBSUB,
    symptom="web-pubsub-connection-failures",
    title="failed tries of the line",
    origin=Origin.TRIES,
    shape=Shape.RATIO,
    sources=(SOURCE,),
    delay=timedelta(minutes=1),
    no_data="CANARY_HUB is not set, or names a hub of another resource, or try_line does not run.",
)


@dataclass(frozen=True, slots=True)
class LineTry:
    """One try of the line of one hub."""

    resource: str  # ARM id in lower case
    hub: str
    at: datetime
    took: Mapping[str, int] = field(default_factory=dict)  # milliseconds of each step, in their order
    failed_step: str = ""  # empty for a good one
    failure: str = ""  # what went wrong, redacted
    failing_since: datetime | None = None  # the first of the failed tries in a row that end here

    @property
    def is_bad(self) -> bool:
        """Tell whether it shows that the line is down, and is not a single connection that was lost."""
        return self.failing_since is not None and self.failing_since < self.at

    def sentence(self) -> str:
        """Say what fails, since when, and in whose words."""
        since = f"{self.failing_since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.failing_since else ""
        return f"{self.failed_step} of hub {self.hub} fails since {since}: {self.failure}"


class LineTries(Protocol):
    """The tries of the line."""

    def keep(self, line_try: LineTry) -> None:
        """Store a try; the same again changes nothing.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...

    def since(self, bucket: datetime) -> Iterable[LineTry]:
        """Return the tries of all resources from a bucket on, oldest first.

        Raises:
            LinekeeperError: storage does not answer.
        """
        ...

    def forget(self, before: datetime) -> None:
        """Delete some of the tries of buckets that start before a moment; called again, more of them."""
        ...


def count_tries(
    tries: LineTries, resources: Collection[str], now: datetime, reach: timedelta = REACH
) -> tuple[Count, ...]:
    """Count the buckets of the last minutes of these resources, whole: a count replaces the one of before."""
    sums: dict[tuple[str, str, datetime], BucketSum] = {}
    for line_try in tries.since(bucket_of(now - reach)):
        if line_try.resource in resources:
            key = (line_try.resource, CANARY.id, bucket_of(line_try.at))
            _add(sums.setdefault(key, BucketSum()), line_try)
    return tuple(sums[key].count(*key, now) for key in sums)


def _add(sums: BucketSum, line_try: LineTry) -> None:
    sums.add(line_try.failed_step if line_try.is_bad else None, minute=minute_of(line_try.at))
    if line_try.is_bad:
        sums.sample = line_try.sentence()  # the newest is the last
