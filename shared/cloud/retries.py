"""Retry a call of an SDK within the time that it has."""

import time
from typing import Any

from azure.core.pipeline.policies import RetryPolicy


class WithinBudget(RetryPolicy[Any, Any]):
    """The SDK's retries, given up when the next wait would end after the operation's own time."""

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """Add the time, of the monotonic clock, at which the operation must have ended."""
        settings = super().configure_retries(options)
        settings["ends"] = time.monotonic() + settings["timeout"]
        return settings

    def increment(
        self, settings: dict[str, Any], response: Any = None, error: Exception | None = None
    ) -> bool:
        """Count an attempt; answer whether another one fits."""
        another = super().increment(settings, response=response, error=error)
        waits = getattr(response, "http_response", None) and self.get_retry_after(response)
        pause = waits or self.get_backoff_time(settings)
        return bool(another and time.monotonic() + pause < settings["ends"])
