"""An alert: one occurrence of a rule's condition, fired or resolved, in any variant of the common alert schema."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

FOUND = "found-"  # begins the key of an alert that was found; no key of a delivery begins so


class Variant(StrEnum):
    """The variants of the common alert schema, as far as their context is understood."""

    METRIC_STATIC = "metric alert"
    METRIC_DYNAMIC = "metric alert with a dynamic threshold"
    METRIC_AVAILABILITY = "availability test alert"
    LOG_V2 = "log search alert"
    LOG_SIMPLE = "simple log alert"
    LOG_V1 = "log search alert of the old version"
    ACTIVITY = "activity log alert"
    SERVICE_HEALTH = "Service Health alert"
    RESOURCE_HEALTH = "Resource Health alert"
    OTHER = "alert"  # Prometheus, budgets, smart detection, and what comes after them


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it was delivered; all texts are redacted, cut and on one line.

    `id` is the occurrence: the same for its Fired and its Resolved. `delivery` tells apart what Azure sent
    separately under one id, such as the updates of a Service Health event.
    """

    id: str
    delivery: str
    fired: bool
    title: str  # the rule
    severity: int | None  # 0 to 4, as Azure counts
    fired_at: datetime
    resolved_at: datetime | None
    targets: tuple[str, ...]  # ids in lower case
    variant: Variant
    signals: tuple[str, ...] = ()  # the metrics of all its criteria
    resources: tuple[str, ...] = ()  # what its dimensions and rows name as their resource
    dimensions: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)  # the rule's custom properties
    text: str = ""  # one sentence with the numbers
    link: str | None = None
    azure_id: str = (
        ""  # its ARM id in lower case; empty for what Alerts Management does not keep, such as a budget's
    )
    is_found: bool = False  # Azure did not deliver it, and it was found in Azure's list of alerts

    @property
    def key(self) -> str:
        """The key of this delivery: Azure repeats a call whose answer it did not see, and the repeat has the same key."""
        found = FOUND if self.is_found else ""
        return f"{found}{self.id}.{self.delivery}.{'fired' if self.fired else 'resolved'}"

    @property
    def azure_guid(self) -> str:
        """The last part of its ARM id, which no other alert has; empty where it has no such id."""
        return self.azure_id.rpartition("/")[2]


def digest(*parts: str) -> str:
    """Return 24 hexadecimal digits that stand for some texts, whatever characters they hold."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]
