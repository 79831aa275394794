"""The port to a metric store: its queries and its answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.queries.scope import Window

MINUTE = timedelta(minutes=1)


class Aggregation(StrEnum):
    """How the samples of a minute become one value."""

    TOTAL = "total"
    MAXIMUM = "maximum"


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One call for metrics of one ARM type, of resources of one subscription and region.

    With a `dimension`, every value of it has a series of its own. The window starts and ends on whole minutes.
    """

    region: str  # "global" for a resource without a region
    namespace: str  # the ARM type
    metrics: tuple[str, ...]  # REST names
    aggregation: Aggregation
    resources: tuple[str, ...]  # ids in lower case
    window: Window
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """The value of one minute; a minute without samples has no point."""

    at: datetime  # start of the minute
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one resource by the minute."""

    resource: str  # its id in lower case
    metric: str  # REST name
    points: tuple[Point, ...]
    label: str = ""  # the value of the dimension, verbatim; empty without a dimension


class Metrics(Protocol):
    """A store that answers metric queries, such as Azure Monitor."""

    def query(self, query: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        """Return the series of every resource that has any, with retries.

        Safe to call from several threads. Never takes much longer than `within` for each 50 resources.

        Raises:
            QueryError: it was not answered; `failure` says why (`shared.queries.logs`).
        """
        ...
