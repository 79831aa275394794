"""Platform metrics on this machine: what a case's resources measured, and the endpoint that answers it."""

from local.metrics.store import MetricStore

__all__ = ["MetricStore"]
