"""What a line depends on: the network, identities and data that it needs, and whose troubles count as its context."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

GLOBAL = "global"  # the region of a service that has none, such as Microsoft Entra ID


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
