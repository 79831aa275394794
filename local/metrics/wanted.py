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


class RefusedError(Exception):
    """A request that is answered 400, and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
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


def read_wanted(subscription: str, given: Mapping[str, str], content: bytes, now: datetime) -> Wanted:
    """Read query parameters and body.

    Raises:
        RefusedError: Azure would not answer it.
    """
    namespace = given.get("metricnamespace", "")
    metrics = _metrics(namespace, given.get("metricnames", ""))
    start, end = _times(given, now)
    interval = given.get("interval", "PT1M")
    if interval not in _GRAINS:
        raise RefusedError(f"Detected invalid time grain input: {interval}, supported: {', '.join(_GRAINS)}")
    return Wanted(
        namespace=namespace,
        metrics=metrics,
        resources=_resources(subscription, namespace, content),
        start=start,
        end=end,
        interval=interval,
        aggregations=_aggregations(given.get("aggregation"), metrics),
        filter=_filter(given.get("filter"), metrics),
        top=int(given.get("top", _TOP)),
    )


def _metrics(namespace: str, names: str) -> tuple[Metric, ...]:
    known = metrics_of(namespace)
    for name in names.split(","):
        if name.lower() not in known:
            valid = ",".join(metric.name for metric in known.values())
            raise RefusedError(
                f"Failed to find metric configuration for provider: {namespace}, metric: {name}, Valid metrics: {valid}"
            )
    return tuple(known[name.lower()] for name in names.split(","))


def _times(given: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    try:
        end = _time(given["endtime"]) if "endtime" in given else now
        start = _time(given["starttime"]) if "starttime" in given else end - timedelta(hours=1)
    except ValueError as error:
        raise RefusedError(f"Detected invalid time input: {error}") from error
    if start >= end:
        raise RefusedError(f"Start time {start.isoformat()} must be before end time {end.isoformat()}")
    return start, end


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _resources(subscription: str, namespace: str, content: bytes) -> tuple[str, ...]:
    try:
        ids = tuple(resource_id(one) for one in json.loads(content)["resourceids"])
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise RefusedError(f"The body must hold `resourceids`, a list of ARM ids: {error}") from error
    if not 1 <= len(ids) <= MOST_RESOURCES:
        raise RefusedError(f"{len(ids)} resource ids were given; a batch takes 1 to {MOST_RESOURCES}")
    for one in ids:
        if one.split("/")[2] != subscription.lower():
            raise RefusedError(f"The resource {one} is not of the subscription {subscription}")
        if resource_type(one) != namespace.lower():
            raise RefusedError(f"The resource {one} is not of the type {namespace}")
    return ids


def _aggregations(text: str | None, metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    wanted = tuple(part.strip().lower() for part in text.split(",")) if text else metrics[0].aggregations
    for metric in metrics:
        if missing := set(wanted) - set(metric.aggregations):
            raise RefusedError(
                f"Metric {metric.name} does not support aggregation {', '.join(sorted(missing))}"
            )
    return wanted


def _filter(text: str | None, metrics: tuple[Metric, ...]) -> Mapping[str, frozenset[str]]:
    wanted: dict[str, frozenset[str]] = {}
    for clause in re.split(r"\band\b", text) if text else ():
        terms = [_TERM.fullmatch(part) for part in re.split(r"\bor\b", clause)]
        names = {term[1] for term in terms if term}
        if None in terms or len(names) != 1:
            raise RefusedError(f"The filter {text!r} is not valid")
        values = {term[2].lower() for term in terms if term}
        wanted[names.pop()] = frozenset() if "*" in values else frozenset(values)
    for metric in metrics:
        if unknown := {name.lower() for name in wanted} - {name.lower() for name in metric.dimensions}:
            raise RefusedError(
                f"Metric {metric.name} does not support dimension {', '.join(sorted(unknown))}"
            )
    return wanted
