"""Decide which watched resources the rows of one workspace count for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.configuration.resources import WatchedResource
from shared.queries.scope import Scope, Window
from shared.signals.family import LogFamily, Place

_REPLICA = re.compile(r"/replicas/[^/]+$")


@dataclass(frozen=True, slots=True)
class Owners:
    """The watched resources whose own rows, or whose applications' rows, are in one workspace."""

    workspace: str
    resources: tuple[WatchedResource, ...]

    def families(self, families: Sequence[LogFamily]) -> tuple[LogFamily, ...]:
        """Return the families whose rows are in this workspace for at least one of its resources."""
        return tuple(family for family in families if self._watched(family))

    def of(self, family: LogFamily, row_resource: str) -> tuple[str, ...]:
        """Return the ids of the watched resources that a row of a family counts for, by the row's own `_ResourceId`.

        A row without one came from an export; it counts for the watched resource if there is only one.
        """
        owner = _REPLICA.sub("", row_resource.lower())
        watched = self._watched(family)
        if family.place is Place.APPLICATION:
            return tuple(user.id for user in watched if not user.apps or owner in user.apps)
        if not owner and len(watched) == 1:
            return (watched[0].id,)
        return tuple(resource.id for resource in watched if resource.id == owner)

    def scope(self, window: Window) -> Scope:
        """Return the scope of all watched resources of this workspace and of their applications, within a window."""
        users = [resource for resource in self.resources if resource.app_workspace == self.workspace]
        are_all_named = all(user.apps for user in users)
        apps = {app for user in users for app in user.apps} if are_all_named else set()
        ids = tuple(resource.id for resource in self.resources if resource.workspace == self.workspace)
        return Scope(ids, window, tuple(sorted(apps)))

    def _watched(self, family: LogFamily) -> tuple[WatchedResource, ...]:
        return tuple(
            resource
            for resource in self.resources
            if resource.service == family.service and _workspace_of(resource, family) == self.workspace
        )


def owners_by_workspace(resources: Sequence[WatchedResource]) -> tuple[Owners, ...]:
    """Return the watched resources of each workspace that holds rows about them."""
    workspaces: dict[str, list[WatchedResource]] = {}
    for resource in resources:
        for workspace in dict.fromkeys((resource.workspace, resource.app_workspace)):
            workspaces.setdefault(workspace, []).append(resource)
    return tuple(Owners(workspace, tuple(group)) for workspace, group in workspaces.items())


def _workspace_of(resource: WatchedResource, family: LogFamily) -> str:
    return resource.app_workspace if family.place is Place.APPLICATION else resource.workspace
