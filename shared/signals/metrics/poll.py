"""Ask the platform metrics of all watched resources and turn them into counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.resources import WatchedResource
from shared.queries.logs import QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Metrics, Point, Series
from shared.queries.scope import Window
from shared.signals.counts import MAX_REASONS, Count, MinuteEvents, most_frequent
from shared.signals.metrics.families import METRIC_FAMILIES, EventClass, MetricFamily
from shared.signals.signal import COMMUNICATION, MINUTES, bucket_of, minute_of

__all__ = ["MetricFailure", "Metrics", "as_region", "poll_metrics", "region_of"]

GLOBAL = "global"  # Communication Services have no region (learn.microsoft.com, "global" in Azure Resource Manager)
FIRST_POLL = timedelta(hours=1)  # so far back goes the first poll of a resource
OVERLAP = timedelta(minutes=15)  # metrics of the last minutes still change
REACH = timedelta(hours=24)  # no bucket is counted any more when it is older
_WITHIN = timedelta(seconds=20)  # of one query

_Events = Sequence[tuple[EventClass, Point]]


@dataclass(frozen=True, slots=True)
class MetricFailure:
    """Metrics of some resources that could not be read."""

    resources: tuple[str, ...]  # ids
    signal: str  # its id; empty where no signal of the resources could be read
    why: str  # one sentence
    error: QueryError | None = None  # None where no query was sent


def poll_metrics(
    resources: Sequence[WatchedResource],
    metrics: Metrics,
    now: datetime,
    watermarks: Mapping[str, datetime] | None = None,
    regions: Mapping[str, str] | None = None,
) -> tuple[tuple[Count, ...], tuple[MetricFailure, ...]]:
    """Count every family's buckets from 15 minutes before each resource's last poll until now.

    `watermarks` are the times of the last polls by resource id; a resource without one is asked for the last hour.
    `regions` are those learnt elsewhere, by resource id, for resources whose configuration names none. Every bucket is
    counted whole, so that counting it again may replace it; a bucket without an event has no count.
    """
    counts: list[Count] = []
    failures: list[MetricFailure] = []
    groups: dict[tuple[str, str, str], list[WatchedResource]] = {}
    for resource in resources:
        region = region_of(resource, regions or {})
        if region is None:
            why = "region unknown: no row of its logs has told it yet; add `region` to resources.yaml"
            failures.append(MetricFailure((resource.id,), "", why))
        else:
            groups.setdefault((resource.subscription, region, resource.service), []).append(resource)
    for (_, region, service), group in groups.items():
        for family in (family for family in METRIC_FAMILIES if family.signal.service == service):
            query = _query_of(family, region, group, watermarks or {}, now)
            try:
                counts += _counts_of(family, metrics.query(query, _WITHIN), now)
            except QueryError as error:
                failures.append(MetricFailure(query.resources, family.signal.id, error.message, error))
    return tuple(counts), tuple(failures)


def region_of(resource: WatchedResource, regions: Mapping[str, str]) -> str | None:
    """Return the region whose endpoint has a resource's metrics, as addresses write it; None where it is unknown.

    `regions` are those learnt from logs, by resource id; the configuration goes before them.
    """
    if resource.service == COMMUNICATION:
        return GLOBAL
    region = resource.region or regions.get(resource.id)
    return as_region(region) if region else None


def as_region(name: str) -> str:
    """Write a region as addresses do: `West Europe` is `westeurope`."""
    return name.replace(" ", "").lower()


def _query_of(
    family: MetricFamily,
    region: str,
    group: Sequence[WatchedResource],
    watermarks: Mapping[str, datetime],
    now: datetime,
) -> MetricQuery:
    starts = [_start(watermarks.get(resource.id), now) for resource in group]
    end = now.replace(second=0, microsecond=0)  # the running minute has no value yet
    return MetricQuery(
        region=region,
        namespace=family.namespace,
        metrics=(family.metric,),
        aggregation=Aggregation.TOTAL,
        resources=tuple(resource.id for resource in group),
        window=Window(max(bucket_of(now - REACH), min(starts)), end),
        dimension=family.dimension,
    )


def _start(watermark: datetime | None, now: datetime) -> datetime:
    return bucket_of(now - FIRST_POLL if watermark is None else min(watermark, now) - OVERLAP)


def _counts_of(family: MetricFamily, answer: Iterable[Series], now: datetime) -> Iterator[Count]:
    cells: dict[tuple[str, datetime], list[tuple[EventClass, Point]]] = {}
    for series in answer:
        event_class = family.classify(series.label)
        if event_class is None:
            continue
        for point in series.points:
            cells.setdefault((series.resource, bucket_of(point.at)), []).append((event_class, point))
    for (resource, bucket), events in sorted(cells.items(), key=lambda cell: cell[0]):
        if sum(point.value for _, point in events) > 0:
            yield _count(family.signal.id, resource, bucket, events, now)


def _count(signal: str, resource: str, bucket: datetime, events: _Events, now: datetime) -> Count:
    reasons: dict[str, float] = {}
    minutes = [MinuteEvents(0.0, 0.0)] * MINUTES
    for event_class, point in events:
        value = point.value
        if event_class.is_bad and value > 0:
            reasons[event_class.reason] = reasons.get(event_class.reason, 0.0) + value
        bad, total = minutes[minute_of(point.at)]
        bad_of_point = max(value, 0.0) if event_class.is_bad else 0.0
        minutes[minute_of(point.at)] = MinuteEvents(bad + bad_of_point, total + value)
    return Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=sum(reasons.values()),
        total=sum(point.value for _, point in events),
        as_of=now,
        reasons=dict(most_frequent(reasons)[:MAX_REASONS]),
        minutes=tuple(minutes),
    )
