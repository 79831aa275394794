"""Check what a line depends on: whether it exists, and what Azure declares about its health."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.configuration.arm import resource_type
from shared.context.configuration import gap_of
from shared.context.dependencies import Dependencies, Dependency
from shared.context.live import Gap
from shared.context.ports import Absence, ContextSources, SourceUnavailableError

_WITHIN = timedelta(seconds=10)
_HEALTH = "/providers/Microsoft.ResourceHealth/availabilityStatuses/current?api-version=2022-10-01"
_MOST = 20  # of one line
# Of each type one stable version; what is of another type is only asked for its health.
_VERSIONS = {
    "microsoft.communication/communicationservices": "2023-04-01",
    "microsoft.documentdb/databaseaccounts": "2024-05-15",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.managedidentity/userassignedidentities": "2023-01-31",
    "microsoft.network/applicationgateways": "2024-01-01",
    "microsoft.network/privateendpoints": "2024-01-01",
    "microsoft.signalrservice/webpubsub": "2024-03-01",
    "microsoft.storage/storageaccounts": "2023-05-01",
    "microsoft.web/sites": "2023-12-01",
}


def checked_needs(sources: ContextSources, needs: Dependencies) -> tuple[Mapping[str, Any], ...]:
    """Return the facts of each dependency that has an id."""
    members = [member for member in needs.members if member.resource][:_MOST]
    return tuple(_facts(sources, member) for member in members)


def _facts(sources: ContextSources, member: Dependency) -> Mapping[str, Any]:
    exists = _exists(sources, member.resource)
    return {
        "name": member.name,
        "kind": str(member.kind),
        "id": member.resource,
        "why": "dependencies.yaml declares it" if member.is_declared else "its configuration names it",
        "exists": exists,
        "state": None if exists is False else _state(sources, member.resource),
        "health": f"{member.resource}{_HEALTH}",
    }


def _exists(sources: ContextSources, resource: str) -> bool | Gap | None:
    """Tell whether a resource exists; None where its type is not known here."""
    version = _VERSIONS.get(resource_type(resource))
    if version is None:
        return None
    try:
        sources.resources.get(resource, version, _WITHIN)
    except SourceUnavailableError as error:
        # A subscription that is not visible proves nothing about what is in it.
        is_gone = error.absence is Absence.NOT_FOUND and "SubscriptionNotFound" not in error.reason
        return False if is_gone else gap_of(error)
    return True


def _state(sources: ContextSources, resource: str) -> str | Gap | None:
    """Return what Azure declares; None where it declares nothing about this type."""
    try:
        return str(sources.health.current(resource, _WITHIN).state)
    except SourceUnavailableError as error:
        return None if error.absence in {Absence.NOT_FOUND, Absence.REFUSED} else gap_of(error)
