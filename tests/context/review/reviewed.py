"""A line whose configuration nobody finds fault with."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

SUBSCRIPTION = "8f1e2d3c-0001-4000-8000-00000000a001"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
LOBBY = f"{SCOPE}/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
WORKSPACE = f"{SCOPE}/resourceGroups/rt/providers/Microsoft.OperationalInsights/workspaces/logs"

HANDLER = {
    "urlTemplate": "https://events.contoso.com/{hub}/{event}",
    "auth": {"type": "ManagedIdentity", "managedIdentity": {"resource": "api://events"}},
}
FLAWLESS: Mapping[str, Any] = {
    "resource": {
        "location": "westeurope",
        "sku": {"name": "Premium_P1", "tier": "Premium", "capacity": 2},
        "properties": {
            "hostName": "lobby.webpubsub.azure.com",
            "disableLocalAuth": True,
            "publicNetworkAccess": "Enabled",
            "networkACLs": {"defaultAction": "Allow", "publicNetwork": {"allow": ["ClientConnection"]}},
        },
    },
    "hubs": [{"name": "chat", "properties": {"eventHandlers": [HANDLER]}}],
    "replicas": [{"name": "lobby-north", "location": "northeurope"}],
    "private_endpoints": [],
    "diagnostic_settings": [
        {"properties": {"workspaceId": WORKSPACE, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}}
    ],
    "alerts": [
        {"properties": {"enabled": True, "condition": {"allOf": [{"field": "category", "equals": "ServiceHealth"}]}}}
    ],
    "subscription_settings": [
        {"properties": {"workspaceId": WORKSPACE, "logs": [{"category": "Administrative", "enabled": True}]}}
    ],
}  # fmt: skip
_PLACES = {
    "hubs": f"{LOBBY}/hubs",
    "replicas": f"{LOBBY}/replicas",
    "private_endpoints": f"{LOBBY}/privateEndpointConnections",
    "diagnostic_settings": f"{LOBBY}/providers/Microsoft.Insights/diagnosticSettings",
    "alerts": f"{SCOPE}/resourceGroups/rt/providers/Microsoft.Insights/activityLogAlerts",
    "subscription_settings": f"{SCOPE}/providers/Microsoft.Insights/diagnosticSettings",
}


def documents_of(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of the flawless line with some of its parts in another form."""
    parts = {name: changes.get(name, part) for name, part in FLAWLESS.items()}
    body = _merged(FLAWLESS["resource"], parts["resource"])
    documents = [{**body, "id": LOBBY, "name": "lobby"}]
    for part, place in _PLACES.items():
        documents += _members(place, parts[part])
    return documents


def _members(place: str, members: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    named = [{"name": f"{number}", **member} for number, member in enumerate(members)]
    return [{**member, "id": f"{place}/{member['name']}"} for member in named]


def _merged(whole: Any, change: Any) -> Any:
    if not isinstance(whole, Mapping) or not isinstance(change, Mapping):
        return deepcopy(change)
    return {**whole, **{name: _merged(whole.get(name), part) for name, part in change.items()}}
