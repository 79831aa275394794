"""Know what the test of an action group sends: Microsoft's constant examples, the same at each press of its button.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
"""

from datetime import datetime, timedelta

from shared.alerts.alert import Alert
from shared.alerts.parse import Glance

_GUID = "12345678-1234-1234-1234-1234567890ab"  # of each example's alert
_SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111/"
_OLD = timedelta(days=365)  # Azure tries for minutes to deliver an alert; its examples are of years ago


def is_sample(alert: Alert | Glance, now: datetime) -> bool:
    """Tell whether an alert is an example: by its ids, or because nothing that fired so long ago is delivered now."""
    if alert.is_found:
        return False
    ids = (alert.azure_id, *alert.targets)
    is_named = alert.azure_id.endswith(f"/{_GUID}") or any(each.startswith(_SUBSCRIPTION) for each in ids)
    return is_named or now - alert.fired_at > _OLD
