"""Serve `metrics:getBatch` from a store of samples.

https://learn.microsoft.com/rest/api/monitor/metrics-batch/batch
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.metrics.catalogue import Metric
from local.metrics.request import MetricRequest, RefusedRequestError, read_request
from local.metrics.store import MetricStore, Sample
from shared.clock import Clock, SystemClock, iso

AUDIENCE = "https://metrics.monitor.azure.com"
# Azure names the region in the host; one address of this machine names it in the path.
PREFIX = "/metrics/{region}"

Json = dict[str, object]


class MetricApi:
    """The metrics endpoints of all regions.

    Attributes:
        requests: those that were answered, in order.
        refuses: statuses to answer next, instead of metrics.
    """

    def __init__(self, store: MetricStore, identity: Identity, clock: Clock | None = None) -> None:
        self.requests: list[MetricRequest] = []
        self.refuses: list[int] = []
        self._store = store
        self._identity = identity
        self._clock = clock or SystemClock()

    def routes(self) -> list[Route]:
        """Return the route of the batch."""
        path = PREFIX + "/subscriptions/{subscription}/metrics:getBatch"
        return [Route(path, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self._identity.accepts(token, frozenset({AUDIENCE})):
            return _refusal(
                401, "InvalidAuthenticationToken", "The access token is missing, old or for another audience."
            )
        if self.refuses:
            return _refusal(self.refuses.pop(0), "Trouble", "The service refuses on purpose.")
        region, subscription = request.path_params["region"], request.path_params["subscription"]
        try:
            query = read_request(subscription, request.query_params, await request.body(), self._clock.now())
            self._check_region(region, query)
        except RefusedRequestError as refused:
            return _refusal(400, "BadRequest", str(refused))
        self.requests.append(query)
        return JSONResponse(
            {"values": [self._of_resource(resource, region, query) for resource in query.resources]}
        )

    def _check_region(self, region: str, query: MetricRequest) -> None:
        for resource in query.resources:
            if self._store.region_of(resource) != region:
                raise RefusedRequestError(f"The resource {resource} is not in the region {region}")

    def _of_resource(self, resource: str, region: str, query: MetricRequest) -> Json:
        return {
            "starttime": iso(query.start),
            "endtime": iso(query.end),
            "interval": query.interval,
            "namespace": query.namespace,
            "resourceregion": region,
            "resourceid": resource,
            "value": [self._of_metric(resource, metric, query) for metric in query.metrics],
        }

    def _of_metric(self, resource: str, metric: Metric, query: MetricRequest) -> Json:
        samples = self._store.samples(resource, metric.name, query.start, query.end)
        groups: dict[tuple[str, ...], list[Sample]] = {}
        for sample in samples:
            labels = _labels(sample, query)
            if labels is not None:
                groups.setdefault(labels, []).append(sample)
        series = sorted(groups.items(), key=lambda group: -sum(sample.value or 0.0 for sample in group[1]))
        top_series = series[: query.top] if query.filter else series
        return {
            "id": f"{resource}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.name},
            "displayDescription": metric.name,
            "unit": metric.unit,
            "timeseries": [_series(labels, group, query) for labels, group in top_series],
            "errorCode": "Success",
        }


def _labels(sample: Sample, query: MetricRequest) -> tuple[str, ...] | None:
    """Return the sample's place among the series, or None where the filter leaves it out."""
    dimensions = {name.lower(): value for name, value in sample.dimensions.items()}
    labels = tuple(dimensions.get(name.lower(), "") for name in query.filter)
    is_wanted = all(
        not values or label.lower() in values
        for label, values in zip(labels, query.filter.values(), strict=True)
    )
    return labels if is_wanted else None


def _series(labels: tuple[str, ...], samples: Sequence[Sample], query: MetricRequest) -> Json:
    metadata = [
        {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": label}
        for name, label in zip(query.filter, labels, strict=True)
    ]
    return {"metadatavalues": metadata, "data": list(_data(samples, query))}


def _data(samples: Sequence[Sample], query: MetricRequest) -> Iterator[Json]:
    by_start: dict[int, list[Sample]] = {}
    for sample in samples:
        by_start.setdefault((sample.at - query.start) // query.grain, []).append(sample)
    at: datetime = query.start
    while at < query.end:
        held = by_start.get((at - query.start) // query.grain, [])
        yield {"timeStamp": iso(at), **_values(held, query.aggregations)}
        at += query.grain


def _values(samples: Sequence[Sample], aggregations: Sequence[str]) -> dict[str, float]:
    """Aggregate; a count without samples is 0, a level without samples is not there."""
    averages = [sample.average for sample in samples if sample.average is not None]
    levels = [sample.maximum if sample.maximum is not None else sample.average for sample in samples]
    numbers = [level for level in levels if level is not None]
    values: dict[str, float] = {"total": sum(sample.value or 0.0 for sample in samples)}
    if averages:
        values["average"] = sum(averages) / len(averages)
        values["minimum"] = min(averages)
    if numbers:
        values["maximum"] = max(numbers)
    return {name: values[name] for name in aggregations if name in values}


def _refusal(status: int, code: str, message: str) -> Response:
    headers = {"Retry-After": "0"} if status == 429 else None
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
