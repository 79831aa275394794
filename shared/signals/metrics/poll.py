"""Ask the platform metrics of all watched resources and turn them into counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.resources import WatchedResource
from shared.queries.logs import QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Metrics, Series, by_bucket
from shared.queries.scope import Window
from shared.signals.counts import Count
from shared.signals.metrics.families import METRIC_FAMILIES, MetricFamily, MetricMeaning
from shared.signals.signal import BUCKET, COMMUNICATION, bucket_of

__all__ = ["MetricFailure", "Metrics", "as_region", "poll_metrics", "region_of"]

GLOBAL = "global"  # Communication Services have no region (learn.microsoft.com, "global" in Azure Resource Manager)
FIRST_LOOK = timedelta(hours=1)
OVERLAP = timedelta(minutes=15)  # metrics of the last minutes still change
FARTHEST = timedelta(hours=24)
_REASONS = 12
_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class MetricFailure:
    """Metrics of some resources that were not read: the signal (empty where none could be) and why, in one sentence."""

    resources: tuple[str, ...]
    signal: str
    why: str
    error: QueryError | None = None  # None where nothing was asked


def poll_metrics(
    resources: Sequence[WatchedResource],
    metrics: Metrics,
    now: datetime,
    watermarks: Mapping[str, datetime] | None = None,
    regions: Mapping[str, str] | None = None,
) -> tuple[tuple[Count, ...], tuple[MetricFailure, ...]]:
    """Count every family's buckets from 15 minutes before a resource's last look (`marks`, by id) until now.

    A resource without a mark is asked for the last hour.
    `regions` are those learnt elsewhere, for resources whose configuration names none. Every bucket is counted whole,
    so that counting it again may replace it; a bucket without an event has no count.
    """
    counts: list[Count] = []
    failures: list[MetricFailure] = []
    known: dict[tuple[str, str, str], list[WatchedResource]] = {}
    for resource in resources:
        region = region_of(resource, regions or {})
        if region is None:
            why = "region unknown: no row of its logs has told it yet; add `region` to resources.yaml"
            failures.append(MetricFailure((resource.id,), "", why))
        else:
            known.setdefault((resource.subscription, region, resource.service), []).append(resource)
    for (_, region, service), group in known.items():
        for family in (one for one in METRIC_FAMILIES if one.signal.service == service):
            asked = _asked(family, region, group, watermarks or {}, now)
            try:
                counts += _counts(family, metrics.query(asked, _WITHIN), now)
            except QueryError as error:
                failures.append(MetricFailure(asked.resources, family.signal.id, error.message, error))
    return tuple(counts), tuple(failures)


def region_of(resource: WatchedResource, learnt: Mapping[str, str]) -> str | None:
    """Return the region whose endpoint has a resource's metrics, as it is written in addresses."""
    if resource.service == COMMUNICATION:
        return GLOBAL
    named = resource.region or learnt.get(resource.id)
    return as_region(named) if named else None


def as_region(name: str) -> str:
    """Write a region as addresses do: `West Europe` is `westeurope`."""
    return name.replace(" ", "").lower()


def _asked(
    family: MetricFamily,
    region: str,
    group: Sequence[WatchedResource],
    watermarks: Mapping[str, datetime],
    now: datetime,
) -> MetricQuery:
    start = max(
        bucket_of(now - FARTHEST), min(_start(watermarks.get(resource.id), now) for resource in group)
    )
    end = now.replace(second=0, microsecond=0)  # the running minute has no value yet
    return MetricQuery(
        region=region,
        namespace=family.namespace,
        metrics=(family.metric,),
        aggregation=Aggregation.TOTAL,
        resources=tuple(resource.id for resource in group),
        window=Window(start, end),
        dimension=family.dimension,
    )


def _start(mark: datetime | None, now: datetime) -> datetime:
    return bucket_of(now - FIRST_LOOK if mark is None else min(mark, now) - OVERLAP)


def _counts(family: MetricFamily, answer: Iterable[Series], now: datetime) -> Iterator[Count]:
    cells: dict[tuple[str, datetime], list[tuple[MetricMeaning, float]]] = {}
    for series in answer:
        meaning = family.classify(series.label)
        if meaning is None:
            continue
        for bucket, value in by_bucket(series.points, BUCKET).items():
            cells.setdefault((series.resource, bucket), []).append((meaning, value))
    for (resource, bucket), events in sorted(cells.items(), key=lambda cell: cell[0]):
        total = sum(value for _, value in events)
        if total > 0:
            yield _count(family.signal.id, resource, bucket, events, now)


def _count(
    signal: str, resource: str, bucket: datetime, events: Sequence[tuple[MetricMeaning, float]], now: datetime
) -> Count:
    reasons: dict[str, float] = {}
    for meaning, value in events:
        if meaning.is_bad and value > 0:
            reasons[meaning.reason] = reasons.get(meaning.reason, 0.0) + value
    most = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:_REASONS]
    return Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=sum(reasons.values()),
        total=sum(value for _, value in events),
        as_of=now,
        reasons=dict(most),
    )
