"""What a metric store is asked and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.queries.scope import Window

MINUTE = timedelta(minutes=1)


class Aggregation(StrEnum):
    """What of a minute's samples is wanted."""

    TOTAL = "total"
    MAXIMUM = "maximum"


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One call: metrics of one ARM type, of resources of one subscription and region; resources in lower case.

    With a `dimension` every value of it has a series of its own. The window's ends are whole minutes.
    """

    region: str  # "global" for a resource without a region
    namespace: str
    metrics: tuple[str, ...]  # REST names
    aggregation: Aggregation
    resources: tuple[str, ...]
    window: Window
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """The value of one minute; a minute without samples has no point."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one resource by the minute; `label` is the value of the dimension, verbatim."""

    resource: str
    metric: str
    points: tuple[Point, ...]
    label: str = field(default="")


class Metrics(Protocol):
    """A place that answers metrics."""

    def query(self, asked: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        """Return the series of every resource that has some, retries included.

        Safe to call from several threads. Never takes much longer than `within`, for each 50 resources.

        Raises:
            QueryError: it did not answer, and why (`shared.queries.logs`).
        """
        ...


def sum_by_bucket(points: tuple[Point, ...], bucket: timedelta) -> Mapping[datetime, float]:
    """Add up points by the start of their bucket."""
    sums: dict[datetime, float] = {}
    for point in points:
        start = point.at - timedelta(seconds=point.at.timestamp() % bucket.total_seconds())
        sums[start] = sums.get(start, 0.0) + point.value
    return sums
