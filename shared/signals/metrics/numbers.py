"""Numbers of a resource that raise no symptom and stand beside a diagnosis: load, quota, reconnect churn."""

from collections.abc import Mapping
from datetime import timedelta

from shared.queries.metrics import Aggregation, MetricQuery, Metrics
from shared.queries.scope import Window
from shared.signals.signal import WEB_PUBSUB

# azure-monitor reference, supported-metrics/microsoft-signalrservice-webpubsub-metrics.md
_MAXIMA = ("ServerLoad", "ConnectionQuotaUtilization", "TotalConnectionCount")
_TOTALS = ("ConnectionOpenCount", "ConnectionCloseCount")
_MINUTE = timedelta(minutes=1)


def numbers_of(
    resource: str, region: str, window: Window, metrics: Metrics, within: timedelta = timedelta(seconds=20)
) -> Mapping[str, float]:
    """Return what a Web PubSub resource's metrics say of a window; a number that is unknown is left out.

    `ReconnectChurn` is the connections opened per connection open at the peak: 1 is everyone once.

    Raises:
        QueryError: the metrics did not answer.
    """
    found: dict[str, float] = {}
    for aggregation, names in ((Aggregation.MAXIMUM, _MAXIMA), (Aggregation.TOTAL, _TOTALS)):
        asked = MetricQuery(region, WEB_PUBSUB, names, aggregation, (resource,), whole_minutes(window))
        for series in metrics.query(asked, within):
            values = [point.value for point in series.points]
            if values:
                found[series.metric] = max(values) if aggregation is Aggregation.MAXIMUM else sum(values)
    peak = found.get("TotalConnectionCount", 0.0)
    if peak > 0 and "ConnectionOpenCount" in found:
        found["ReconnectChurn"] = found["ConnectionOpenCount"] / peak
    return found


def whole_minutes(window: Window) -> Window:
    """Widen a window to whole minutes."""
    start = window.start.replace(second=0, microsecond=0)
    end = window.end.replace(second=0, microsecond=0)
    return Window(start, end if end == window.end else end + _MINUTE)
