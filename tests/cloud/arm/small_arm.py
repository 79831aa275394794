"""A small house of Web PubSub resources, as Azure Resource Manager knows them."""

from typing import Any

from local.arm import ArmStore

SUBSCRIPTION = "8f1e2d3c-0001-4000-8000-00000000a001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rt/providers"
LOBBY = f"{GROUP}/Microsoft.SignalRService/WebPubSub/lobby"
SETTINGS = f"{LOBBY}/providers/Microsoft.Insights/diagnosticSettings"


def lobby(**properties: Any) -> dict[str, Any]:
    return {
        "id": LOBBY,
        "name": "lobby",
        "type": "Microsoft.SignalRService/WebPubSub",
        "location": "westeurope",
        "kind": "WebPubSub",
        "sku": {"name": "Standard_S1", "tier": "Standard", "size": "S1", "capacity": 1},
        "properties": {
            "provisioningState": "Succeeded",
            "hostName": "lobby.webpubsub.azure.com",
            "publicNetworkAccess": "Disabled",
            "disableLocalAuth": True,
            "networkACLs": {"defaultAction": "Deny", "publicNetwork": {"allow": ["ServerConnection"]}},
            # of a version that azure-mgmt-webpubsub 2.0.0 does not know
            "applicationFirewall": {"maxClientConnectionLifetimeInSeconds": 240},
            **properties,
        },
    }


def hub(name: str, **properties: Any) -> dict[str, Any]:
    template = f"https://handlers.example/{name}?code=Zm9yIHRoZSBsb2JieSBvbmx5"
    handler = {"urlTemplate": template, "userEventPattern": "*", "systemEvents": ["connect"]}
    return {
        "id": f"{LOBBY}/hubs/{name}",
        "name": name,
        "type": "Microsoft.SignalRService/WebPubSub/hubs",
        "properties": {"eventHandlers": [handler], "anonymousConnectPolicy": "deny", **properties},
    }


def setting(name: str, *categories: str) -> dict[str, Any]:
    logs = [{"category": category, "enabled": True} for category in categories]
    return {
        "id": f"{SETTINGS}/{name}",
        "name": name,
        "properties": {"workspaceId": f"{GROUP}/Microsoft.OperationalInsights/workspaces/logs", "logs": logs},
    }


def row(number: int, **columns: Any) -> dict[str, Any]:
    """Return a row of the table `resources`."""
    name = f"lobby-{number:04}"
    return {
        "id": f"{GROUP}/Microsoft.SignalRService/WebPubSub/{name}",
        "name": name,
        "type": "microsoft.signalrservice/webpubsub",
        "subscriptionId": SUBSCRIPTION,
        "resourceGroup": "rt",
        "location": "westeurope",
        "sku": {"name": "Standard_S1", "capacity": number},
        "properties": {"provisioningState": "Succeeded", "hostName": f"{name}.webpubsub.azure.com"},
        "tags": {"linekeeper": "yes"} if number % 2 else {},
        **columns,
    }


def house(**properties: Any) -> ArmStore:
    documents = [
        lobby(**properties),
        *(hub(name) for name in ("chat", "quiz", "stage")),
        setting("to-logs", "ConnectivityLogs", "MessagingLogs"),
    ]
    return ArmStore(documents, {"resources": [row(number) for number in range(1, 6)]})
