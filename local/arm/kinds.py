"""What is known of the resource types of the stand-in: their versions, what may be done to them, who may read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_STABLE = ("2023-02-01", "2024-03-01", "2024-10-01-preview", "2025-01-01-preview")


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type; a write is a long-running operation unless it is `at_once`."""

    name: str  # as Azure writes it
    versions: tuple[str, ...]
    methods: frozenset[str] = frozenset({"GET"})
    actions: Mapping[str, bool] = field(default_factory=dict)  # POST; whether the action takes long
    at_once: bool = False
    is_tracked: bool = False  # it has a place of its own, and `location` is required


WEB_PUBSUB = Kind(
    "Microsoft.SignalRService/webPubSub",
    _STABLE,
    frozenset({"GET", "PUT", "PATCH", "DELETE"}),
    {"listKeys": False, "regenerateKey": True, "restart": True},
    is_tracked=True,
)
ROLE_ASSIGNMENTS = Kind("Microsoft.Authorization/roleAssignments", ("2022-04-01",))
ROLE_DEFINITIONS = Kind("Microsoft.Authorization/roleDefinitions", ("2022-04-01",))
KINDS: Mapping[str, Kind] = {
    kind.name.lower(): kind
    for kind in (
        WEB_PUBSUB,
        # A hub has no PATCH: it is written whole.
        Kind("Microsoft.SignalRService/webPubSub/hubs", _STABLE, frozenset({"GET", "PUT", "DELETE"})),
        Kind(
            "Microsoft.SignalRService/webPubSub/replicas",
            ("2023-08-01-preview", *_STABLE[1:]),
            frozenset({"GET", "PUT", "PATCH", "DELETE"}),
            {"restart": True},
            is_tracked=True,
        ),
        Kind(
            "Microsoft.SignalRService/webPubSub/privateEndpointConnections",
            _STABLE,
            frozenset({"GET", "PUT", "DELETE"}),
            at_once=True,
        ),
        Kind("Microsoft.Communication/communicationServices", ("2023-04-01", "2025-05-01")),
        Kind(
            "Microsoft.Insights/diagnosticSettings",
            ("2021-05-01-preview",),
            frozenset({"GET", "PUT", "DELETE"}),
            at_once=True,
        ),
        Kind("Microsoft.Insights/activityLogAlerts", ("2020-10-01",), is_tracked=True),
        Kind(
            "Microsoft.OperationalInsights/workspaces",
            ("2023-09-01", "2025-02-01"),
            is_tracked=True,
        ),
        # Settings are read by an action of their own, for they may hold secrets.
        Kind("Microsoft.Web/sites/config", ("2024-04-01",), frozenset(), {"list": False}),
        Kind("Microsoft.Web/sites/config/appsettings", ("2024-04-01",)),  # their references to secrets
        Kind("Microsoft.Web/sites/functions", ("2024-04-01",)),
        # Who tells whom, and who may do what.
        Kind("Microsoft.Insights/actionGroups", ("2023-01-01",), is_tracked=True),
        Kind("Microsoft.Insights/scheduledQueryRules", ("2023-12-01",), is_tracked=True),
        Kind("Microsoft.Insights/components", ("2020-02-02",), is_tracked=True),
        ROLE_ASSIGNMENTS,
        ROLE_DEFINITIONS,
        # What lines depend on, which is only read.
        Kind("Microsoft.Web/sites", ("2023-12-01", "2024-04-01"), is_tracked=True),
        Kind("Microsoft.KeyVault/vaults", ("2023-07-01",), is_tracked=True),
        Kind("Microsoft.Network/privateEndpoints", ("2024-01-01",), is_tracked=True),
        Kind("Microsoft.Network/applicationGateways", ("2024-01-01",), is_tracked=True),
        Kind("Microsoft.ManagedIdentity/userAssignedIdentities", ("2023-01-31",), is_tracked=True),
        Kind("Microsoft.Storage/storageAccounts", ("2023-05-01",), is_tracked=True),
        Kind("Microsoft.DocumentDB/databaseAccounts", ("2024-05-15",), is_tracked=True),
        Kind(
            "Microsoft.ResourceHealth/availabilityStatuses",
            ("2022-10-01", "2023-10-01-preview", "2025-05-01"),
        ),
        Kind(
            "Microsoft.AlertsManagement/alerts",
            ("2019-05-05-preview", "2023-07-12-preview", "2024-01-01-preview"),
            actions={"changestate": False},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """A path, taken apart: a resource, a collection, or an action on a resource."""

    path: str  # of the resource or the collection, as it was asked
    kind: Kind
    is_collection: bool
    action: str = ""

    @property
    def key(self) -> str:
        """The id in lower case."""
        return self.path.lower()

    @property
    def owner(self) -> str:
        """The resource that this belongs to; empty for a resource of its own."""
        place = self.key.rfind("/providers/")
        head, tail = self.path[:place], self.path[place:]
        own = tail.split("/")[: -1 if self.is_collection else -2]
        # What is left of `/providers/<namespace>` names no resource.
        owner = head if len(own) <= 3 else head + "/".join(own)
        return owner if "/providers/" in owner.lower() else ""


def place_of(path: str, method: str) -> Place | None:
    """Take a path apart; None where its type is not known here.

    The last `/providers/` decides, as for diagnostic settings and resource health, which belong to another resource.
    """
    path = path.rstrip("/")
    start = path.lower().rfind("/providers/")
    parts = path[start + len("/providers/") :].split("/")
    if start < 0 or len(parts) < 2:
        return None
    namespace, rest = parts[0], parts[1:]
    action = ""
    if method == "POST":
        if len(rest) % 2 == 0:
            return None
        *rest, action = rest
        path = path.rpartition("/")[0]
    kind = KINDS.get("/".join((namespace, *rest[0::2])).lower())
    return Place(path, kind, len(rest) % 2 == 1, action) if kind else None
