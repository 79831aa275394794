"""What the code of the app may have to do in Azure, and the roles that allow it; a test holds it against calls that were seen."""

from dataclasses import dataclass

_SIGNALR = "Microsoft.SignalRService/WebPubSub"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"
_TABLES = "Microsoft.Storage/storageAccounts/tableServices/tables"


@dataclass(frozen=True, slots=True)
class Need:
    """Operations on one kind of place, and the narrowest built-in role that allows them; empty: none does, so make one."""

    place: str
    purpose: str
    role: str
    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()


WATCHING = Need(
    "subscription",
    "to read metrics, logs, configuration, health and changes",
    "Monitoring Reader",
    (
        "Microsoft.Insights/metrics/read",
        "Microsoft.OperationalInsights/workspaces/query/read",
        "Microsoft.OperationalInsights/workspaces/read",
        "Microsoft.ResourceGraph/resources/read",
        "Microsoft.ResourceHealth/availabilityStatuses/read",
        "Microsoft.ResourceHealth/events/read",
        "Microsoft.Resources/subscriptions/read",
        "Microsoft.Insights/diagnosticSettings/read",
        "Microsoft.Insights/components/read",
        "Microsoft.AlertsManagement/alerts/read",
        f"{_SIGNALR}/read",
        f"{_SIGNALR}/hubs/read",
        f"{_SIGNALR}/replicas/read",
        f"{_SIGNALR}/privateEndpointConnections/read",
        "Microsoft.Communication/CommunicationServices/read",
    ),
)
ALERT_STATES = Need(
    "subscription",
    "to set the state of alerts, as SET_ALERT_STATES asks",
    "Monitoring Contributor",
    ("Microsoft.AlertsManagement/alerts/changestate/action",),
)
QUERYING = Need(
    "workspace",
    "to query logs",
    "Log Analytics Reader",
    ("Microsoft.OperationalInsights/workspaces/query/read",),
)
STORING = (
    Need(
        "storage",
        "to keep documents and the leases of the host",
        "Storage Blob Data Owner",
        (f"{_BLOBS}/read", f"{_BLOBS}/write"),
        tuple(f"{_BLOBS}/blobs/{verb}" for verb in ("read", "write", "delete", "tags/write")),
    ),
    Need(
        "storage",
        "to keep work and notices in queues",
        "Storage Queue Data Contributor",
        (f"{_QUEUES}/read", f"{_QUEUES}/write"),
        tuple(f"{_QUEUES}/messages/{verb}" for verb in ("read", "write", "delete")),
    ),
    Need(
        "storage",
        "to keep incidents in tables",
        "Storage Table Data Contributor",
        (f"{_TABLES}/read", f"{_TABLES}/write"),
        tuple(
            f"{_TABLES}/entities/{verb}"
            for verb in ("read", "write", "delete", "add/action", "update/action")
        ),
    ),
)
SECRETS = Need(
    "vault",
    "to read the secrets that settings refer to",
    "Key Vault Secrets User",
    data_actions=("Microsoft.KeyVault/vaults/secrets/getSecret/action",),
)
TELEMETRY = Need(
    "application-insights",
    "to send its logs, its heartbeat among them",
    "Monitoring Metrics Publisher",
    data_actions=("Microsoft.Insights/Telemetry/Write",),
)
CLIENT_TOKENS = Need(
    "web-pubsub",
    "to ask for the tokens of clients",
    "",
    data_actions=(f"{_SIGNALR}/clientConnection/generateToken/action",),
)
USER_TOKENS = Need(
    "communication",
    "to give tokens of Communication Services",
    "Communication and Email Service Owner",
    ("Microsoft.Communication/CommunicationServices/write",),
)
NEEDS = (
    WATCHING,
    ALERT_STATES,
    QUERYING,
    *STORING,
    SECRETS,
    TELEMETRY,
    CLIENT_TOKENS,
    USER_TOKENS,
)
