"""Which metrics exist, with their dimensions and aggregations.

https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-signalrservice-webpubsub-metrics
and …/microsoft-communication-communicationservices-metrics; only those that the product or its users ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a resource type."""

    name: str
    unit: str
    dimensions: tuple[str, ...]
    aggregations: tuple[str, ...]


_LEVEL = ("minimum", "maximum", "average")

_METRICS = {
    "microsoft.signalrservice/webpubsub": (
        Metric("ServerLoad", "Percent", (), _LEVEL),
        Metric("ClientRequestStatus", "Count", ("ClientType", "Status"), ("total",)),
        Metric("ConnectionCloseCount", "Count", ("ConnectionCloseCategory",), ("total",)),
        Metric("ConnectionOpenCount", "Count", (), ("total",)),
        Metric("ConnectionQuotaUtilization", "Percent", (), _LEVEL),
        Metric("InboundTraffic", "Bytes", (), ("total",)),
        Metric("OutboundTraffic", "Bytes", (), ("total",)),
        Metric("TotalConnectionCount", "Count", (), ("maximum", "average")),
    ),
    "microsoft.communication/communicationservices": (
        Metric(
            "AcsCallAutomationCallbackEvent",
            "Count",
            ("EventTypeName", "Code", "CodeClass", "SubCode"),
            ("total",),
        ),
    ),
}


def metrics_of(namespace: str) -> Mapping[str, Metric]:
    """Return the metrics of a resource type by their name in lower case; none for a type that is not known."""
    return {metric.name.lower(): metric for metric in _METRICS.get(namespace.lower(), ())}
