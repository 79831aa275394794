"""Numbers of a resource that raise no symptom and are shown with a diagnosis: load, quota, reconnect churn."""

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
    """Return the metrics of a Web PubSub resource in a window, by REST name; an unknown number is left out.

    `ServerLoad` and `ConnectionQuotaUtilization` are percentages, all others numbers of connections. `ReconnectChurn` is
    ours: the connections opened per connection open at the peak. It is 1 when every client connected once.

    Raises:
        QueryError: the metrics did not answer.
    """
    numbers: dict[str, float] = {}
    for aggregation, names in ((Aggregation.MAXIMUM, _MAXIMA), (Aggregation.TOTAL, _TOTALS)):
        query = MetricQuery(region, WEB_PUBSUB, names, aggregation, (resource,), whole_minutes(window))
        for series in metrics.query(query, within):
            values = [point.value for point in series.points]
            if values:
                numbers[series.metric] = max(values) if aggregation is Aggregation.MAXIMUM else sum(values)
    peak = numbers.get("TotalConnectionCount", 0.0)
    if peak > 0 and "ConnectionOpenCount" in numbers:
        numbers["ReconnectChurn"] = numbers["ConnectionOpenCount"] / peak
    return numbers


def whole_minutes(window: Window) -> Window:
    """Widen a window to whole minutes, as metric queries need it."""
    start = window.start.replace(second=0, microsecond=0)
    end = window.end.replace(second=0, microsecond=0)
    return Window(start, end if end == window.end else end + _MINUTE)
