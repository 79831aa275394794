"""Query Azure Monitor's metrics of many resources at once; a failure says precisely why they did not answer."""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.monitor.querymetrics import MetricsClient, MetricsQueryResult, MetricValue, TimeSeriesElement

from shared.cloud.monitor.failure import Asked, failure_of
from shared.cloud.retries import WithinBudget
from shared.queries.logs import Failure, QueryError
from shared.queries.metrics import MINUTE, Aggregation, MetricQuery, Point, Series

AUDIENCE = "https://metrics.monitor.azure.com"

# "Up to 50 resource IDs in the same subscription and region in a single batch API call"
# (learn.microsoft.com/azure/azure-monitor/metrics/migrate-to-batch-api).
MOST_RESOURCES = 50
# Series per resource; the service keeps silent about what is beyond its default of 10.
_MOST_SERIES = 1000
_REGION = re.compile(r"[a-z0-9]+")
_OF_METRIC = re.compile(r"/providers/microsoft\.insights/metrics/[^/]+$")


class RegionalMetrics:
    """The metrics endpoints of all regions; implements `shared.queries.metrics.Metrics`."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        """Take an endpoint whose `{region}` stands for the region."""
        self._credential = credential
        self._endpoint = endpoint
        self._clients: dict[str, MetricsClient] = {}
        self._lock = threading.Lock()

    def query(self, query: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        """Return the series of every resource, asking for 50 resources at a time.

        Raises:
            QueryError: one of the calls did not answer, and why.
        """
        firsts = range(0, len(query.resources), MOST_RESOURCES)
        batches = [query.resources[first : first + MOST_RESOURCES] for first in firsts]
        return tuple(series for batch in batches for series in self._ask(query, batch, within))

    def _ask(self, query: MetricQuery, resources: Sequence[str], within: timedelta) -> list[Series]:
        client = self._client(query.region)
        seconds = within.total_seconds()
        try:
            results = client.query_resources(
                resource_ids=resources,
                metric_namespace=query.namespace,
                metric_names=query.metrics,
                timespan=(query.window.start, query.window.end),
                granularity=MINUTE,
                aggregations=[query.aggregation.value],
                filter=f"{query.dimension} eq '*'" if query.dimension else None,
                max_results=_MOST_SERIES if query.dimension else None,
                timeout=seconds,
                connection_timeout=min(10.0, seconds),
                read_timeout=seconds,
            )
            return [series for result in results for series in _series(result, query.aggregation)]
        except AzureError as error:
            raise failure_of(error, _asked(query.region)) from error
        except (json.JSONDecodeError, KeyError) as error:
            message = f"the metrics endpoint of {query.region} answered what cannot be read: {error!r}"
            raise QueryError(Failure.UNREACHABLE, message) from error

    def _client(self, region: str) -> MetricsClient:
        if not _REGION.fullmatch(region):
            raise QueryError(Failure.REFUSED, f"{region!r} is not a region such as westeurope")
        with self._lock:
            if region not in self._clients:
                self._clients[region] = MetricsClient(
                    self._endpoint.replace("{region}", region),
                    self._credential,
                    audience=AUDIENCE,
                    retry_policy=WithinBudget(retry_status=3),
                )
            return self._clients[region]


def _series(result: MetricsQueryResult, aggregation: Aggregation) -> Iterator[Series]:
    for metric in result.metrics:
        # The answer names the resource only inside the metric's own id (azure-monitor-querymetrics 1.0.0, _models.py).
        resource = _OF_METRIC.sub("", metric.id.lower())
        for element in metric.timeseries:
            points = tuple(_points(element.data, aggregation))
            if points:
                yield Series(resource, metric.name, points, _label(element))


def _label(element: TimeSeriesElement) -> str:
    return next(iter(element.metadata_values.values()), "") or ""


def _points(data: Sequence[MetricValue], aggregation: Aggregation) -> Iterator[Point]:
    for sample in data:
        value = sample.total if aggregation is Aggregation.TOTAL else sample.maximum
        if value is not None:
            yield Point(sample.timestamp.astimezone(UTC), float(value))


def _asked(region: str) -> Asked:
    return Asked("metrics", f"the metrics endpoint of {region}", refusal=f"metrics of {region}: ")
