"""Read a request to `metrics:getBatch`, and refuse what Azure refuses."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.metrics.catalogue import Metric, metrics_of
from shared.errors import InputError
from shared.queries.scope import resource_id, resource_type

MOST_RESOURCES = 50
_TOP = 10  # of the series, where a filter is given and the caller does not say
_GRAINS = {
    "PT1M": 1,
    "PT5M": 5,
    "PT15M": 15,
    "PT30M": 30,
    "PT1H": 60,
    "PT6H": 360,
    "PT12H": 720,
    "P1D": 1440,
}
_TERM = re.compile(r"\s*(\w+)\s+eq\s+'([^']*)'\s*")


class RefusedRequestError(Exception):
    """A request that is answered 400, and why."""


@dataclass(frozen=True, slots=True)
class MetricRequest:
    """One request; `filter` maps the dimensions that series are split by to the values wanted, empty for all."""

    namespace: str
    metrics: tuple[Metric, ...]
    resources: tuple[str, ...]
    start: datetime
    end: datetime
    interval: str
    aggregations: tuple[str, ...]
    filter: Mapping[str, frozenset[str]]
    top: int

    @property
    def grain(self) -> timedelta:
        """The length of one value."""
        return timedelta(minutes=_GRAINS[self.interval])


def read_request(
    subscription: str, parameters: Mapping[str, str], content: bytes, now: datetime
) -> MetricRequest:
    """Read query parameters and body.

    Raises:
        RefusedError: Azure would not answer it.
    """
    namespace = parameters.get("metricnamespace", "")
    metrics = _metrics(namespace, parameters.get("metricnames", ""))
    start, end = _times(parameters, now)
    interval = parameters.get("interval", "PT1M")
    if interval not in _GRAINS:
        raise RefusedRequestError(
            f"Detected invalid time grain input: {interval}, supported: {', '.join(_GRAINS)}"
        )
    return MetricRequest(
        namespace=namespace,
        metrics=metrics,
        resources=_resources(subscription, namespace, content),
        start=start,
        end=end,
        interval=interval,
        aggregations=_aggregations(parameters.get("aggregation"), metrics),
        filter=_filter(parameters.get("filter"), metrics),
        top=int(parameters.get("top", _TOP)),
    )


def _metrics(namespace: str, names: str) -> tuple[Metric, ...]:
    catalogue = metrics_of(namespace)
    for name in names.split(","):
        if name.lower() not in catalogue:
            valid = ",".join(metric.name for metric in catalogue.values())
            raise RefusedRequestError(
                f"Failed to find metric configuration for provider: {namespace}, metric: {name}, Valid metrics: {valid}"
            )
    return tuple(catalogue[name.lower()] for name in names.split(","))


def _times(parameters: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    try:
        end = _time(parameters["endtime"]) if "endtime" in parameters else now
        start = _time(parameters["starttime"]) if "starttime" in parameters else end - timedelta(hours=1)
    except ValueError as error:
        raise RefusedRequestError(f"Detected invalid time input: {error}") from error
    if start >= end:
        raise RefusedRequestError(f"Start time {start.isoformat()} must be before end time {end.isoformat()}")
    return start, end


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _resources(subscription: str, namespace: str, content: bytes) -> tuple[str, ...]:
    try:
        ids = tuple(resource_id(resource) for resource in json.loads(content)["resourceids"])
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise RefusedRequestError(f"The body must hold `resourceids`, a list of ARM ids: {error}") from error
    if not 1 <= len(ids) <= MOST_RESOURCES:
        raise RefusedRequestError(f"{len(ids)} resource ids were given; a batch takes 1 to {MOST_RESOURCES}")
    for id_of_resource in ids:
        if id_of_resource.split("/")[2] != subscription.lower():
            raise RefusedRequestError(
                f"The resource {id_of_resource} is not of the subscription {subscription}"
            )
        if resource_type(id_of_resource) != namespace.lower():
            raise RefusedRequestError(f"The resource {id_of_resource} is not of the type {namespace}")
    return ids


def _aggregations(text: str | None, metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    aggregations = (
        tuple(part.strip().lower() for part in text.split(",")) if text else metrics[0].aggregations
    )
    for metric in metrics:
        if missing := set(aggregations) - set(metric.aggregations):
            raise RefusedRequestError(
                f"Metric {metric.name} does not support aggregation {', '.join(sorted(missing))}"
            )
    return aggregations


def _filter(text: str | None, metrics: tuple[Metric, ...]) -> Mapping[str, frozenset[str]]:
    allowed_values: dict[str, frozenset[str]] = {}
    for clause in re.split(r"\band\b", text) if text else ():
        terms = [_TERM.fullmatch(part) for part in re.split(r"\bor\b", clause)]
        names = {term[1] for term in terms if term}
        if None in terms or len(names) != 1:
            raise RefusedRequestError(f"The filter {text!r} is not valid")
        values = {term[2].lower() for term in terms if term}
        allowed_values[names.pop()] = frozenset() if "*" in values else frozenset(values)
    for metric in metrics:
        if unknown := {name.lower() for name in allowed_values} - {
            name.lower() for name in metric.dimensions
        }:
            raise RefusedRequestError(
                f"Metric {metric.name} does not support dimension {', '.join(sorted(unknown))}"
            )
    return allowed_values
