"""The tables of Resource Graph: their columns, which rows are visible, and their times moved.

https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from local.exports.moments import moment
from shared.clock import iso
from shared.errors import InputError

Row = dict[str, Any]

# What Resource Graph gives for every table (facts checked against Microsoft's samples).
COLUMNS: Mapping[str, str] = {
    "id": "string",
    "name": "string",
    "type": "string",
    "tenantId": "string",
    "kind": "string",
    "location": "string",
    "resourceGroup": "string",
    "subscriptionId": "string",
    "managedBy": "string",
    "sku": "dynamic",
    "plan": "dynamic",
    "properties": "dynamic",
    "tags": "dynamic",
    "identity": "dynamic",
    "zones": "dynamic",
    "extendedLocation": "dynamic",
}
TABLES = (
    "resources",
    "resourcecontainers",
    "resourcechanges",
    "resourcecontainerchanges",
    "servicehealthresources",
    "healthresources",
    "maintenanceresources",
    "alertsmanagementresources",
    "insightsresources",
    "advisorresources",
)
# Where a row of a table says since when it can be seen, and how much later the table has it.
_SEEN: Mapping[str, tuple[tuple[str, ...], timedelta]] = {
    "resourcechanges": (("changeAttributes", "timestamp"), timedelta(minutes=5)),
    "servicehealthresources": (("LastUpdateTime",), timedelta(0)),
    "alertsmanagementresources": (("essentials", "startDateTime"), timedelta(minutes=1)),
}
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def visible(table: str, rows: Sequence[Row], until: datetime | None) -> list[Row]:
    """Return the rows that the table has by then."""
    if until is None or table not in _SEEN:
        return list(rows)
    path, later = _SEEN[table]
    return [row for row in rows if _is_seen(row, path, until - later)]


def subscription_row(subscription: str) -> Row:
    """Return the row of a subscription in `resourcecontainers`."""
    return {
        "id": f"/subscriptions/{subscription}",
        "name": subscription,
        "type": "microsoft.resources/subscriptions",
        "subscriptionId": subscription,
        "properties": {"state": "Enabled"},
    }


def of_subscriptions(rows: Sequence[Row], subscriptions: Sequence[str]) -> list[Row]:
    """Return the rows of these subscriptions; no subscription means all."""
    wanted = {subscription.lower() for subscription in subscriptions}
    return [row for row in rows if not wanted or str(row.get("subscriptionId", "")).lower() in wanted]


def moved(value: Any, by: timedelta) -> Any:
    """Return JSON with every ISO time in it moved."""
    if not by:
        return value
    if isinstance(value, dict):
        return {name: moved(part, by) for name, part in value.items()}
    if isinstance(value, list):
        return [moved(part, by) for part in value]
    if isinstance(value, str) and _ISO.fullmatch(value):
        return iso(datetime.fromisoformat(value) + by)
    return value


def _is_seen(row: Row, path: Sequence[str], until: datetime) -> bool:
    value: Any = row.get("properties", {})
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    try:
        return value is None or moment("graph", str(value)) <= until
    except InputError:  # ticks or a text: such a row is always seen
        return True
