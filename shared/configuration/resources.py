"""Which resources are watched, and where their logs are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.configuration.arm import resource_id, resource_type
from shared.configuration.read import Value, read_file
from shared.errors import InputError

FILE = "resources.yaml"
WATCHED_TYPES = ("microsoft.signalrservice/webpubsub", "microsoft.communication/communicationservices")

_APP_TYPE = "microsoft.insights/components"
_KEYS = ("id", "workspace", "activity_workspace", "app_workspace", "apps", "environment", "owner", "region")
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_REGION = re.compile(r"[a-z0-9]{3,40}")
_EXAMPLE = "`resources:`, and below it `  - /subscriptions/...`"


@dataclass(frozen=True, slots=True)
class WatchedResource:
    """One resource of `config/resources.yaml`; workspaces are GUIDs.

    `id` is the ARM id in lower case. Where a workspace is not named, the resource's own is meant.
    """

    id: str
    workspace: str
    activity_workspace: str
    app_workspace: str
    apps: tuple[
        str, ...
    ] = ()  # ids of Application Insights components; empty means every one of the workspace
    environment: str = "production"
    owner: str = ""
    region: str | None = None  # such as "westeurope"; None where only the logs tell it

    @property
    def service(self) -> str:
        """The ARM type, such as `microsoft.signalrservice/webpubsub`."""
        parts = self.id.split("/")
        return f"{parts[6]}/{parts[7]}"

    @property
    def subscription(self) -> str:
        """The GUID of the subscription."""
        return self.id.split("/")[2]

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Every workspace that holds rows about the resource, its own first."""
        return tuple(dict.fromkeys((self.workspace, self.activity_workspace, self.app_workspace)))


def load_resources(folder: Path, default_workspace: str | None) -> tuple[WatchedResource, ...]:
    """Return the watched resources in the order of the file.

    Raises:
        InputError: the first problem of the file.
    """
    resources, problems = usable_resources(folder, default_workspace)
    if problems:
        raise problems[0]
    return resources


def usable_resources(
    folder: Path, default_workspace: str | None
) -> tuple[tuple[WatchedResource, ...], tuple[InputError, ...]]:
    """Return the resources whose entries are right, and what is wrong with the rest, in the order of the file."""
    try:
        entries, problems = _entries(folder)
    except InputError as error:
        return (), (error,)
    kept: dict[str, tuple[WatchedResource, Value]] = {}
    for entry in entries:
        try:
            resource = _resource(entry, default_workspace)
            if resource.id in kept:
                first = kept[resource.id][1].where
                raise entry.refusal(f"{resource.id} stands already at {first}", "each resource once")
        except InputError as error:
            problems.append(error)
        else:
            kept[resource.id] = (resource, entry)
    # A secret is found both in its line and in its entry; one complaint is enough.
    told = {problem.where: problem for problem in sorted(problems, key=_line)}
    return tuple(resource for resource, _ in kept.values()), tuple(told.values())


def _entries(folder: Path) -> tuple[tuple[Value, ...], list[InputError]]:
    file = read_file(folder / FILE)
    if file is None:
        raise InputError(FILE, f"there is no such file in {folder}/", _EXAMPLE)
    if file.value.is_empty:
        raise InputError(f"{FILE}:1", "it is empty", _EXAMPLE)
    listed = file.value.mapping(("resources",))
    if "resources" not in listed:
        raise InputError(f"{FILE}:1", "the key 'resources' is missing", _EXAMPLE)
    return listed["resources"].items(), list(file.secrets)


def _line(problem: InputError) -> int:
    _, _, line = problem.where.rpartition(":")
    return int(line) if line.isdigit() else 0


def _resource(entry: Value, default_workspace: str | None) -> WatchedResource:
    given: Mapping[str, Value] = {"id": entry} if entry.is_text else entry.mapping(_KEYS)
    if "id" not in given:
        raise entry.refusal("the entry has no 'id'", "id: /subscriptions/...")
    own = _workspace(entry, given.get("workspace"), default_workspace)
    return WatchedResource(
        id=_watched_id(given["id"]),
        workspace=own,
        activity_workspace=_workspace(entry, given.get("activity_workspace"), own),
        app_workspace=_workspace(entry, given.get("app_workspace"), own),
        apps=tuple(_app(app) for app in given["apps"].items()) if "apps" in given else (),
        environment=given["environment"].text().lower() if "environment" in given else "production",
        owner=given["owner"].text() if "owner" in given else "",
        region=_region(given["region"]) if "region" in given else None,
    )


def _watched_id(value: Value) -> str:
    found = resource_id(value.text(), where=value.where)
    if resource_type(found) not in WATCHED_TYPES:
        raise value.refusal(f"{resource_type(found)} is not watched", " or ".join(WATCHED_TYPES))
    return found


def _app(value: Value) -> str:
    found = resource_id(value.text(), where=value.where)
    if resource_type(found) != _APP_TYPE:
        raise value.refusal(f"{resource_type(found)} is no application", f"an id of {_APP_TYPE}")
    return found


def _workspace(entry: Value, value: Value | None, default: str | None) -> str:
    expected = "the workspace's GUID"
    if value is not None:
        if not _GUID.fullmatch(found := value.text().lower()):
            raise value.refusal(f"{value.name!r} is {found!r}", expected)
        return found
    if not default:
        raise entry.refusal("no workspace is named", f"`workspace:` with {expected}, or LOGS_WORKSPACE set")
    if not _GUID.fullmatch(default.lower()):
        raise entry.refusal("the setting LOGS_WORKSPACE, meant here, is no GUID", expected)
    return default.lower()


def _region(value: Value) -> str:
    found = value.text().lower().replace(" ", "")
    if not _REGION.fullmatch(found):
        raise value.refusal(f"'region' is {value.text()!r}", "a region such as westeurope")
    return found
