"""The sources of context behind one endpoint of Azure Resource Manager."""

from azure.core.credentials import TokenCredential

from shared.cloud.arm.graph import ArmGraph
from shared.cloud.arm.host_names import SystemHostNames
from shared.cloud.arm.resource_health import ArmHealth
from shared.cloud.arm.resources import ArmResources
from shared.context.ports import ContextSources


def arm_sources(credential: TokenCredential, endpoint: str) -> ContextSources:
    """Return the sources; they ask nothing yet, and the management SDK is imported on first use."""
    resources = ArmResources(credential, endpoint)
    return ContextSources(ArmGraph(credential, endpoint), resources, ArmHealth(resources), SystemHostNames())
