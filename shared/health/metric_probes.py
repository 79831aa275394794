"""Ask the metrics of each region and service once, so that a missing permission is known before it blinds a watch."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from shared.configuration.resources import WatchedResource
from shared.health.readiness import Probe
from shared.queries.metrics import MINUTE, Aggregation, MetricQuery, Metrics
from shared.queries.scope import Window
from shared.signals.metrics.families import METRIC_FAMILIES
from shared.signals.metrics.poll import region_of

_WITHIN = timedelta(seconds=9)  # the whole probe has ten


def metric_probes(resources: Iterable[WatchedResource], metrics: Metrics, now: datetime) -> list[Probe]:
    """Return one probe for each subscription, region and service: it asks for one minute of a metric of one resource.

    Access is granted by subscription. A resource without a `region` in the configuration gets no probe: the watch
    learns its region, or reports that it is blind.
    """
    firsts: dict[tuple[str, str, str], WatchedResource] = {}
    for resource in resources:
        region = region_of(resource, {})
        if region is not None:
            firsts.setdefault((resource.subscription, region, resource.service), resource)
    return [
        Probe(f"metrics {region} {service} in {subscription}", partial(_ask, metrics, region, resource, now))
        for (subscription, region, service), resource in firsts.items()
    ]


def _ask(metrics: Metrics, region: str, resource: WatchedResource, now: datetime) -> None:
    family = next(family for family in METRIC_FAMILIES if family.signal.service == resource.service)
    end = now.replace(second=0, microsecond=0)
    window = Window(end - MINUTE, end)
    query = MetricQuery(region, family.namespace, (family.metric,), Aggregation.TOTAL, (resource.id,), window)
    metrics.query(query, _WITHIN)
