"""Find resources by their name, a tag or a query, and the workspace that receives their logs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.configuration.arm import resource_id, resource_type
from shared.configuration.resources import WATCHED_TYPES
from shared.context.configuration import SETTINGS, SETTINGS_VERSION, gap_of
from shared.context.graph_text import query_of
from shared.context.live import Documents, Gap
from shared.context.ports import Absence, RawJson, ResourceGraph, ResourceReader, SourceUnavailableError
from shared.errors import InputError

_WORKSPACE_VERSION = "2023-09-01"


@dataclass(frozen=True, slots=True)
class FoundResource:
    """A resource that Resource Graph knows and Linekeeper can watch."""

    id: str  # in lower case
    region: str  # empty where it has none, as those of Communication Services
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name at the end of the id."""
        return self.id.rpartition("/")[2]


def resources_named(graph: ResourceGraph, name: str, within: timedelta) -> tuple[FoundResource, ...]:
    """Return the resources of a name, in every subscription that can be read; case does not count.

    Raises:
        SourceUnavailableError: Resource Graph did not answer in full.
    """
    return tuple(found for found in _watched(graph, within) if found.name == name.lower())


def resources_tagged(graph: ResourceGraph, tag: str, within: timedelta) -> tuple[FoundResource, ...]:
    """Return the resources with a tag, which is `name` or `name=value`; case does not count.

    Raises:
        SourceUnavailableError: Resource Graph did not answer in full.
    """
    name, equals, value = tag.lower().partition("=")
    return tuple(
        found
        for found in _watched(graph, within)
        if any(
            name.strip() == key.lower() and (not equals or value.strip() == held.lower())
            for key, held in found.tags.items()
        )
    )


def resources_selected(graph: ResourceGraph, kql: str, within: timedelta) -> tuple[FoundResource, ...]:
    """Return the resources in the column `id` of a query; those of other types are left out.

    Raises:
        SourceUnavailableError: Resource Graph did not answer in full.
    """
    return tuple(_found(graph.query(kql, (), within)))


def workspace_of(resources: ResourceReader, resource: str, within: timedelta) -> str | Gap | None:
    """Return the GUID of the workspace that receives the most categories of logs of a resource, None where none does."""
    try:
        settings = resources.children(f"{resource}{SETTINGS}", SETTINGS_VERSION, within)
        workspace = most_used_workspace(settings)
        if workspace is None:
            return None
        document = resources.get(workspace, _WORKSPACE_VERSION, within)
    except SourceUnavailableError as error:
        return gap_of(error)
    guid = str((document.get("properties") or {}).get("customerId") or "").lower()
    name = workspace.rpartition("/")[2]
    return guid or Gap(Absence.NOT_FOUND, f"the workspace {name} does not say its customerId")


def most_used_workspace(settings: Documents) -> str | None:
    """Return the ARM id of the workspace that most logs go to."""
    if isinstance(settings, Gap):
        return None
    counts: dict[str, int] = {}
    for setting in settings:
        properties = setting.get("properties") or {}
        workspace, logs = properties.get("workspaceId"), properties.get("logs") or ()
        weight = sum(_weight(log) for log in logs if isinstance(log, dict) and log.get("enabled") is True)
        if workspace and weight:
            counts[workspace] = counts.get(workspace, 0) + weight
    return max(counts, key=lambda workspace: counts[workspace]) if counts else None


def _weight(log: Mapping[str, Any]) -> int:
    return 1 if log.get("category") else 100  # a group holds many


def _watched(graph: ResourceGraph, within: timedelta) -> Sequence[FoundResource]:
    text = query_of("watched", {"types": WATCHED_TYPES})
    return tuple(_found(graph.query(text, (), within)))


def _found(rows: Sequence[RawJson]) -> Iterator[FoundResource]:
    for row in rows:
        try:
            resource = resource_id(str(row.get("id") or ""))
        except InputError:
            continue
        if resource_type(resource) in WATCHED_TYPES:
            tags = row.get("tags")
            region = str(row.get("location") or "").lower().replace(" ", "")
            held = {str(name): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}
            yield FoundResource(resource, "" if region == "global" else region, held)
