"""Find what a person means by a name: the resource, its workspace, and where its context is asked."""

import sys
from dataclasses import dataclass
from datetime import timedelta

from local.output.results import safe
from shared.configuration.arm import ARM_ID_FORM
from shared.context.discovery import FoundResource, resources_named, workspace_of
from shared.context.live import Gap
from shared.context.ports import ContextSources, SourceUnavailableError
from shared.errors import InputError
from shared.queries.scope import resource_id

_WITHIN = timedelta(seconds=30)
_KINDS = "Web PubSub or Communication Services resource"


@dataclass(frozen=True, slots=True)
class Target:
    """One resource; its region is empty where nobody told it."""

    resource: str
    region: str = ""


def target_named(text: str, sources: ContextSources, where: str = "NAME") -> Target:
    """Return the resource of an ARM id, or the only one of a name.

    Raises:
        InputError: there is none, there are several, or Resource Graph did not answer.
    """
    if text.startswith("/"):
        return Target(resource_id(text, where=where))
    try:
        found = resources_named(sources.graph, text, _WITHIN)
    except SourceUnavailableError as error:
        raise InputError(
            where, safe(error.sentence), f"an answer of Resource Graph, or an id: {ARM_ID_FORM}"
        ) from error
    if len(found) > 1:
        _list(found)
        wrong = f"{len(found)} resources are named {text!r}"
        raise InputError(where, wrong, "one of the ids above in its place")
    if not found:
        wrong = f"there is no {_KINDS} named {text!r} in any subscription that this login can read; Resource Graph was asked"
        raise InputError(
            where,
            wrong,
            "another name, or the role Reader on the resource (`az account show` names the login)",
        )
    return Target(found[0].id, found[0].region)


def workspace_for(target: Target, sources: ContextSources) -> str:
    """Return the GUID of the workspace that the diagnostic settings of a resource name.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    workspace = workspace_of(sources.resources, target.resource, _WITHIN)
    name = target.resource.rpartition("/")[2]
    if isinstance(workspace, Gap):
        wrong = f"the workspace of {name} cannot be found: {safe(workspace.sentence)}"
        raise InputError("--workspace", wrong, "it, with the GUID of the workspace")
    if workspace is None:
        wrong = f"no diagnostic setting of {name} sends logs to a workspace (`linekeeper review {name}` tells the command)"
        raise InputError(
            "--workspace", wrong, "it, with the GUID of the workspace, where they arrive another way"
        )
    return workspace


def _list(found: tuple[FoundResource, ...]) -> None:
    for resource in found:
        print(f"{safe(resource.id)}  {safe(resource.region)}", file=sys.stderr)
