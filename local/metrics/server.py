"""Speak `metrics:getBatch` over a store of samples.

https://learn.microsoft.com/rest/api/monitor/metrics-batch/batch
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.identity import Identity
from local.metrics.catalogue import Metric
from local.metrics.store import MetricStore, Sample
from local.metrics.wanted import RefusedError, Wanted, read_wanted
from shared.clock import Clock, SystemClock, iso

AUDIENCE = "https://metrics.monitor.azure.com"
# Azure names the region in the host; one address of this machine names it in the path.
PREFIX = "/metrics/{region}"

Json = dict[str, object]


class MetricApi:
    """The metrics endpoints of all regions.

    Attributes:
        asked: the requests that were answered, in order.
        refuses: statuses to answer next, instead of metrics.
    """

    def __init__(self, store: MetricStore, identity: Identity, clock: Clock | None = None) -> None:
        self.asked: list[Wanted] = []
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
            wanted = read_wanted(subscription, request.query_params, await request.body(), self._clock.now())
            self._check_region(region, wanted)
        except RefusedError as refused:
            return _refusal(400, "BadRequest", str(refused))
        self.asked.append(wanted)
        return JSONResponse({"values": [self._of_resource(one, region, wanted) for one in wanted.resources]})

    def _check_region(self, region: str, wanted: Wanted) -> None:
        for resource in wanted.resources:
            if self._store.region_of(resource) != region:
                raise RefusedError(f"The resource {resource} is not in the region {region}")

    def _of_resource(self, resource: str, region: str, wanted: Wanted) -> Json:
        return {
            "starttime": iso(wanted.start),
            "endtime": iso(wanted.end),
            "interval": wanted.interval,
            "namespace": wanted.namespace,
            "resourceregion": region,
            "resourceid": resource,
            "value": [self._of_metric(resource, metric, wanted) for metric in wanted.metrics],
        }

    def _of_metric(self, resource: str, metric: Metric, wanted: Wanted) -> Json:
        samples = self._store.samples(resource, metric.name, wanted.start, wanted.end)
        groups: dict[tuple[str, ...], list[Sample]] = {}
        for sample in samples:
            labels = _labels(sample, wanted)
            if labels is not None:
                groups.setdefault(labels, []).append(sample)
        series = sorted(groups.items(), key=lambda group: -sum(one.value or 0.0 for one in group[1]))
        kept = series[: wanted.top] if wanted.filter else series
        return {
            "id": f"{resource}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.name},
            "displayDescription": metric.name,
            "unit": metric.unit,
            "timeseries": [_series(labels, group, wanted) for labels, group in kept],
            "errorCode": "Success",
        }


def _labels(sample: Sample, wanted: Wanted) -> tuple[str, ...] | None:
    """Return the sample's place among the series, or None where the filter leaves it out."""
    given = {name.lower(): value for name, value in sample.dimensions.items()}
    labels = tuple(given.get(name.lower(), "") for name in wanted.filter)
    is_wanted = all(
        not values or label.lower() in values
        for label, values in zip(labels, wanted.filter.values(), strict=True)
    )
    return labels if is_wanted else None


def _series(labels: tuple[str, ...], samples: Sequence[Sample], wanted: Wanted) -> Json:
    metadata = [
        {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": label}
        for name, label in zip(wanted.filter, labels, strict=True)
    ]
    return {"metadatavalues": metadata, "data": list(_data(samples, wanted))}


def _data(samples: Sequence[Sample], wanted: Wanted) -> Iterator[Json]:
    by_start: dict[int, list[Sample]] = {}
    for sample in samples:
        by_start.setdefault((sample.at - wanted.start) // wanted.grain, []).append(sample)
    at: datetime = wanted.start
    while at < wanted.end:
        held = by_start.get((at - wanted.start) // wanted.grain, [])
        yield {"timeStamp": iso(at), **_values(held, wanted.aggregations)}
        at += wanted.grain


def _values(samples: Sequence[Sample], aggregations: Sequence[str]) -> dict[str, float]:
    """Aggregate; a count without samples is 0, a level without samples is not there."""
    averages = [one.average for one in samples if one.average is not None]
    levels = [one.maximum if one.maximum is not None else one.average for one in samples]
    known = [level for level in levels if level is not None]
    found: dict[str, float] = {"total": sum(one.value or 0.0 for one in samples)}
    if averages:
        found["average"] = sum(averages) / len(averages)
        found["minimum"] = min(averages)
    if known:
        found["maximum"] = max(known)
    return {name: found[name] for name in aggregations if name in found}


def _refusal(status: int, code: str, message: str) -> Response:
    headers = {"Retry-After": "0"} if status == 429 else None
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
