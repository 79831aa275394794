"""Say which watched resources the rows of one workspace belong to."""

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
        """Return the families that count anything here."""
        return tuple(family for family in families if self._watched(family))

    def of(self, family: LogFamily, resource: str) -> tuple[str, ...]:
        """Return the watched resources that a row of a family counts for, by the row's own resource.

        A row without one came from an export, and belongs to the resource that is watched alone.
        """
        owner = _REPLICA.sub("", resource.lower())
        watched = self._watched(family)
        if family.place is Place.APPLICATION:
            return tuple(one.id for one in watched if not one.apps or owner in one.apps)
        if not owner and len(watched) == 1:
            return (watched[0].id,)
        return tuple(one.id for one in watched if one.id == owner)

    def scope(self, window: Window) -> Scope:
        """Return everything of ours in this workspace, within a window."""
        users = [one for one in self.resources if one.app_workspace == self.workspace]
        apps = {app for one in users for app in one.apps} if all(one.apps for one in users) else set()
        own = tuple(one.id for one in self.resources if one.workspace == self.workspace)
        return Scope(own, window, tuple(sorted(apps)))

    def _watched(self, family: LogFamily) -> tuple[WatchedResource, ...]:
        return tuple(
            one
            for one in self.resources
            if one.service == family.service and _place(one, family) == self.workspace
        )


def owners_by_workspace(resources: Sequence[WatchedResource]) -> tuple[Owners, ...]:
    """Return each workspace that holds rows about watched resources, with those."""
    places: dict[str, list[WatchedResource]] = {}
    for resource in resources:
        for workspace in dict.fromkeys((resource.workspace, resource.app_workspace)):
            places.setdefault(workspace, []).append(resource)
    return tuple(Owners(workspace, tuple(there)) for workspace, there in places.items())


def _place(resource: WatchedResource, family: LogFamily) -> str:
    return resource.app_workspace if family.place is Place.APPLICATION else resource.workspace
