"""Which permission of Azure each call needs, and on what."""

import re
from dataclasses import dataclass

# What a permission is given on: the subscription, a resource, or nothing, where no role of Azure decides.
SUBSCRIPTION, STORAGE, CONFIGURATION, VAULT, WEB_PUBSUB, COMMUNICATION, INSIGHTS = (
    "subscription",
    "storage",
    "configuration",
    "vault",
    "web-pubsub",
    "communication",
    "application-insights",
)


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One operation, on one kind of place."""

    place: str
    operation: str


_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"
_TABLES = "Microsoft.Storage/storageAccounts/tableServices/tables"
# https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
# and https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
_CALLS: tuple[tuple[str, str, str, str], ...] = (
    (r"POST", r"/v1/workspaces/[^/]+/query", SUBSCRIPTION, "Microsoft.OperationalInsights/workspaces/query/read"),
    (r"POST", r"/metrics/[^/]+/subscriptions/[^/]+/metrics:getBatch", SUBSCRIPTION, "Microsoft.Insights/metrics/read"),
    (r"POST", r"/arm/providers/microsoft.resourcegraph/resources", SUBSCRIPTION, "Microsoft.ResourceGraph/resources/read"),
    (r"GET", r"/arm/.+/providers/microsoft.resourcehealth/.+", SUBSCRIPTION, "Microsoft.ResourceHealth/availabilityStatuses/read"),
    (r"GET", r"/arm/.+/providers/microsoft.insights/diagnosticsettings.*", SUBSCRIPTION, "Microsoft.Insights/diagnosticSettings/read"),
    (r"GET", r"/arm/.+/microsoft.insights/.+", SUBSCRIPTION, "Microsoft.Insights/components/read"),
    (r"GET", r"/arm/.+/microsoft.operationalinsights/workspaces.*", SUBSCRIPTION, "Microsoft.OperationalInsights/workspaces/read"),
    (r"GET", r"/arm/.+/microsoft.signalrservice/webpubsub/[^/]+", SUBSCRIPTION, "Microsoft.SignalRService/WebPubSub/read"),
    (r"GET", r"/arm/.+/microsoft.signalrservice/webpubsub/[^/]+/hubs.*", SUBSCRIPTION, "Microsoft.SignalRService/WebPubSub/hubs/read"),
    (r"GET", r"/arm/.+/microsoft.signalrservice/webpubsub/[^/]+/replicas.*", SUBSCRIPTION, "Microsoft.SignalRService/WebPubSub/replicas/read"),
    (r"GET", r"/arm/.+/privateendpointconnections.*", SUBSCRIPTION, "Microsoft.SignalRService/WebPubSub/privateEndpointConnections/read"),
    (r"GET", r"/arm/.+/microsoft.communication/communicationservices/[^/]+", SUBSCRIPTION, "Microsoft.Communication/CommunicationServices/read"),
    (r"GET", r"/arm/.+/microsoft.alertsmanagement/alerts.*", SUBSCRIPTION, "Microsoft.AlertsManagement/alerts/read"),
    (r"POST", r"/arm/.+/microsoft.alertsmanagement/alerts/[^/]+/changestate", SUBSCRIPTION, "Microsoft.AlertsManagement/alerts/changestate/action"),
    (r"POST", r"/api/hubs/[^/]+/:generateToken", WEB_PUBSUB, "Microsoft.SignalRService/WebPubSub/clientConnection/generateToken/action"),
    (r"POST", r"/identities.*", COMMUNICATION, "Microsoft.Communication/CommunicationServices/write"),
    (r"DELETE", r"/identities/.+", COMMUNICATION, "Microsoft.Communication/CommunicationServices/write"),
    (r"GET|HEAD", r"blob:/[^/]+/[^/?]+/.+", STORAGE, f"{_BLOBS}/blobs/read"),
    (r"PUT", r"blob:/[^/]+/[^/?]+/.+", STORAGE, f"{_BLOBS}/blobs/write"),
    (r"DELETE", r"blob:/[^/]+/[^/?]+/.+", STORAGE, f"{_BLOBS}/blobs/delete"),
    (r"GET|HEAD", r"blob:/[^/]+/[^/?]+\?.*comp=list.*", STORAGE, f"{_BLOBS}/blobs/read"),
    (r"GET|HEAD", r"blob:/[^/]+/[^/?]+(\?.*)?", STORAGE, f"{_BLOBS}/read"),
    (r"PUT", r"blob:/[^/]+/[^/?]+\?.*restype=container.*", STORAGE, f"{_BLOBS}/write"),
    (r"PUT", r"queue:/[^/]+/[^/?]+", STORAGE, f"{_QUEUES}/write"),
    (r"GET|HEAD", r"queue:/[^/]+/[^/?]+(\?.*)?", STORAGE, f"{_QUEUES}/read"),
    (r"POST", r"queue:/[^/]+/[^/]+/messages.*", STORAGE, f"{_QUEUES}/messages/write"),
    (r"PUT", r"queue:/[^/]+/[^/]+/messages/.+", STORAGE, f"{_QUEUES}/messages/write"),
    (r"GET", r"queue:/[^/]+/[^/]+/messages.*", STORAGE, f"{_QUEUES}/messages/read"),
    (r"DELETE", r"queue:/[^/]+/[^/]+/messages.*", STORAGE, f"{_QUEUES}/messages/delete"),
    (r"POST", r"table:/[^/]+/Tables", STORAGE, f"{_TABLES}/write"),
    (r"GET", r"table:/[^/]+/Tables.*", STORAGE, f"{_TABLES}/read"),
    (r"GET", r"table:/[^/]+/\w+\(.*", STORAGE, f"{_TABLES}/entities/read"),
    (r"POST", r"table:/[^/]+/\w+", STORAGE, f"{_TABLES}/entities/add/action"),
    (r"POST", r"table:/[^/]+/\$batch", STORAGE, f"{_TABLES}/entities/write"),
    (r"PUT|PATCH|MERGE", r"table:/[^/]+/\w+\(.*", STORAGE, f"{_TABLES}/entities/update/action"),
    (r"DELETE", r"table:/[^/]+/\w+\(.*", STORAGE, f"{_TABLES}/entities/delete"),
)  # fmt: skip
# The identity itself, the keys of issuers, a client's line and the channel of Teams: no role of Azure decides there.
_WITHOUT_ROLE = (
    r"GET /msi/token",
    r"GET /.+/(discovery|openid).*",
    r"(GET|POST) /(workflows|hook|teams|client)\b.*",
)

# What Azure itself does as the app, which no stand-in sees.
OF_THE_PLATFORM = {
    # https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
    Permission(STORAGE, f"{_BLOBS}/blobs/tags/write"): "the leases of the host: owner of blobs",
    # https://learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
    Permission(INSIGHTS, "Microsoft.Insights/Telemetry/Write"): "telemetry, taken of identities alone",
    # https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
    Permission(
        VAULT, "Microsoft.KeyVault/vaults/secrets/getSecret/action"
    ): "settings that refer to a secret",
}


def permission_of(method: str, path: str) -> Permission | None:
    """Return what a call needs, or None where no role of Azure decides.

    Raises:
        LookupError: the call is not known; say what it needs.
    """
    for methods, pattern, place, operation in _CALLS:
        if re.fullmatch(methods, method) and re.fullmatch(pattern, path, re.IGNORECASE):
            return Permission(place, operation)
    if any(re.fullmatch(pattern, f"{method} {path}") for pattern in _WITHOUT_ROLE):
        return None
    raise LookupError(f"nobody says what {method} {path} needs")
