"""What a line depends on: the network, identities and data that it needs, and whose troubles count as its context."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.configuration.arm import resource_type
from shared.configuration.dependencies import DeclaredDependency, DeclaredLine
from shared.errors import InputError

GLOBAL = "global"  # the region of a service that has none, such as Microsoft Entra ID


# As Service Health names them (Resource Graph: `servicehealthresources`, `properties.Impact[].ImpactedService`).
SERVICES = {
    "microsoft.apimanagement/service": "API Management",
    "microsoft.cache/redis": "Azure Cache for Redis",
    "microsoft.cdn/profiles": "Azure Front Door",
    "microsoft.communication/communicationservices": "Azure Communication Services",
    "microsoft.documentdb/databaseaccounts": "Azure Cosmos DB",
    "microsoft.eventhub/namespaces": "Event Hubs",
    "microsoft.keyvault/vaults": "Key Vault",
    "microsoft.managedidentity/userassignedidentities": "Microsoft Entra ID",
    "microsoft.network/applicationgateways": "Application Gateway",
    "microsoft.network/azurefirewalls": "Azure Firewall",
    "microsoft.network/privateendpoints": "Azure Private Link",
    "microsoft.network/virtualnetworkgateways": "VPN Gateway",
    "microsoft.network/virtualnetworks": "Virtual Network",
    "microsoft.servicebus/namespaces": "Service Bus",
    "microsoft.signalrservice/webpubsub": "Azure Web PubSub",
    "microsoft.sql/servers": "SQL Database",
    "microsoft.storage/storageaccounts": "Storage",
    "microsoft.web/sites": "App Service",
}
ENTRA = "Microsoft Entra ID"
USUAL_IDLE_LIMIT = (
    60  # seconds: nginx (`proxy_read_timeout`) and most load balancers end what is silent for so long
)


class DependencyKind(StrEnum):
    """What a dependency is for."""

    NETWORK = "network"
    IDENTITY = "identity"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One thing that a line needs.

    Attributes:
        service: the name by which Azure Service Health knows it, such as "Key Vault"; empty where it is not of Azure.
        region: such as "westeurope", or `GLOBAL`; empty where it is not known.
        resource: its ARM id in lower case; empty where it is not known, or there is none.
        is_declared: whether `dependencies.yaml` names it; else it was found in the configuration of the line.
    """

    kind: DependencyKind
    name: str
    service: str = ""
    region: str = ""
    resource: str = ""
    is_declared: bool = True


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that is known of what one line needs; the line itself is not among it."""

    resource: str  # the ARM id in lower case of the line
    members: tuple[Dependency, ...] = ()

    def services(self) -> tuple[tuple[str, str], ...]:
        """Return each service of Azure with its region, once; a declared incident of one of them is context."""
        pairs = ((member.service, member.region) for member in self.members if member.service)
        return tuple(dict.fromkeys(pairs))

    def resources(self) -> tuple[str, ...]:
        """Return the ARM ids, each once; their resource health is context."""
        return tuple(dict.fromkeys(member.resource for member in self.members if member.resource))


UsedBy = Callable[[str], Dependencies]  # by the ARM id in lower case; never fails, and asks Azure nothing


def dependencies_of(
    declared: Iterable[DeclaredLine], found: Callable[[str], Sequence[Dependency]], resource: str
) -> Dependencies:
    """Return what a line needs: what the team declared, then what was found and is not declared."""
    members = [_declared(one) for line in declared if line.is_of(resource) for one in line.members]
    ids = {member.resource for member in members if member.resource}
    members += [member for member in found(resource) if not member.resource or member.resource not in ids]
    return Dependencies(resource, tuple(dict.fromkeys(members)))


def dependents_of(declared: Sequence[DeclaredLine], resource: str) -> tuple[str, ...] | None:
    """Return what needs a resource, by name; None where nobody declared anything of it."""
    lines = [line for line in declared if line.is_of(resource)]
    others = [
        line.line.rpartition("/")[2]
        for line in declared
        if any(member.resource == resource for member in line.members)
    ]
    if not lines and not others:
        return None
    return tuple(dict.fromkeys([*(name for line in lines for name in line.needed_by), *others]))


def idle_limit_of(declared: Iterable[DeclaredLine], resource: str) -> int:
    """Return after how many seconds the strictest proxy before a line ends what is silent."""
    limits = [
        one.idle_limit for line in declared if line.is_of(resource) for one in line.members if one.idle_limit
    ]
    return min(limits, default=USUAL_IDLE_LIMIT)


def service_of(resource: str) -> str:
    """Return the service of an ARM id as Service Health names it, empty where it is not known."""
    try:
        return SERVICES.get(resource_type(resource), "")
    except InputError:
        return ""


def _declared(one: DeclaredDependency) -> Dependency:
    service = one.service or service_of(one.resource)
    region = one.region or (GLOBAL if service == ENTRA else "")
    return Dependency(DependencyKind(one.kind), one.name, service, region, one.resource)
