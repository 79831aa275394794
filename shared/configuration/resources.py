"""Which resources are watched, and where their logs are."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from shared.configuration.arm import ARM_ID_FORM, resource_id, resource_type
from shared.configuration.files.declare import FileEntry, Text
from shared.configuration.files.folder import Folder
from shared.configuration.files.read import read_file
from shared.configuration.files.usable import converted, ordered, usable
from shared.configuration.files.value import Value
from shared.errors import InputError

FILE = "resources.yaml"
WATCHED_TYPES = ("microsoft.signalrservice/webpubsub", "microsoft.communication/communicationservices")

_APP_TYPE = "microsoft.insights/components"
_EXAMPLE = "`resources:`, and below it `  - /subscriptions/...`"
_GUID = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"

ArmId = Annotated[str, Meta(pattern="^(/[^/]+){8}", title="an ARM resource id", description=ARM_ID_FORM)]
Workspace = Annotated[str, Meta(pattern=_GUID, description="the workspace's GUID")]
Region = Annotated[str, Meta(pattern="^ *([A-Za-z0-9] *){3,40}$", description="a region such as westeurope")]


class ResourceEntry(FileEntry, frozen=True):
    """A resource, and where its logs are."""

    id: ArmId
    workspace: Workspace | UnsetType = UNSET
    activity_workspace: Workspace | UnsetType = UNSET
    app_workspace: Workspace | UnsetType = UNSET
    apps: tuple[ArmId, ...] = ()
    environment: Text = "production"
    owner: Text | UnsetType = UNSET
    region: Region | UnsetType = UNSET


class SelectionEntry(FileEntry, frozen=True):
    """What selects resources: a tag, or a query of Resource Graph."""

    noun: ClassVar[str] = "the selection"

    tag: Text | UnsetType = UNSET
    query: Text | UnsetType = UNSET


class DiscoverEntry(FileEntry, frozen=True):
    """The resources that a tag or a query selects, found again and again, and what holds for each of them."""

    discover: SelectionEntry
    workspace: Workspace | UnsetType = UNSET
    activity_workspace: Workspace | UnsetType = UNSET
    environment: Text = "production"
    owner: Text | UnsetType = UNSET


class ResourcesFile(FileEntry, frozen=True):
    """The watched resources: of each its ARM id alone, or a mapping."""

    resources: tuple[ArmId | ResourceEntry, ...]


@dataclass(frozen=True, slots=True)
class WatchedResource:
    """One resource of `config/resources.yaml`; workspaces are GUIDs.

    `id` is the ARM id in lower case. Where a workspace is not named, the resource's own is meant.
    """

    id: str
    workspace: str
    activity_workspace: str
    app_workspace: str
    apps: tuple[str, ...] = ()  # Application Insights components; empty means every one of the workspace
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


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A resource that a selection found; region and workspace are empty where they are not known."""

    id: str
    region: str = ""
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection of `config/resources.yaml`; one of `tag` and `query` is empty."""

    tag: str
    query: str
    where: str  # its file and line

    @property
    def key(self) -> str:
        """What its findings are kept under."""
        return hashlib.sha256(f"{self.tag}|{self.query}".encode()).hexdigest()[:32]


Found = Callable[[Selection], Sequence[FoundLine]]


def _nothing(_selection: Selection) -> tuple[FoundLine, ...]:
    """Find nothing."""
    return ()


def nothing_watched() -> InputError:
    """Return that no resource is named, without which nobody looks at any line."""
    return InputError(FILE, "it names no resource, so nothing is watched", _EXAMPLE)


def usable_selections(folder: Folder) -> tuple[Selection, ...]:
    """Return the selections that are right."""
    try:
        listed, _ = _listed(folder)
    except InputError:
        return ()
    selections = usable(listed, lambda item: _selection(item) if _is_selection(item) else None, [])
    return tuple(selection for selection in selections if selection is not None)


def usable_resources(
    folder: Folder, default_workspace: str | None, found: Found = _nothing
) -> tuple[tuple[WatchedResource, ...], tuple[InputError, ...]]:
    """Return the resources whose entries are right, and what is wrong with the rest, in the order of the file."""
    try:
        listed, problems = _listed(folder)
    except InputError as error:
        return (), (error,)
    places: dict[str, str] = {}

    def resource_of(item: Value) -> WatchedResource | Value:
        if _is_selection(item):
            _selection(item)  # refused where it is wrong
            return item
        resource = _resource(default_workspace, item)
        if place := places.get(resource.id):
            raise item.refusal(f"{resource.id} stands already at {place}", "each resource once")
        places[resource.id] = item.where
        return resource

    watched: list[WatchedResource] = []
    selections: list[Value] = []
    for entry in usable(listed, resource_of, problems):
        if isinstance(entry, Value):
            selections.append(entry)
        else:
            watched.append(entry)
    for item in selections:
        # What the file names itself says more than what a selection finds.
        lines = [line for line in found(_selection(item)) if line.id not in places]
        places |= dict.fromkeys((line.id for line in lines), item.where)
        watched += usable_lines(item, lines, default_workspace, problems)
    return tuple(watched), ordered(problems)


def usable_lines(
    item: Value, lines: Iterable[FoundLine], default_workspace: str | None, problems: list[InputError]
) -> Iterator[WatchedResource]:
    """Yield what a selection found, each with the workspace of its own logs; one without any is a problem."""
    entry = converted(item, DiscoverEntry)
    for line in lines:
        workspace = (
            (None if entry.workspace is UNSET else entry.workspace) or line.workspace or default_workspace
        )
        if not workspace:
            wrong = f"no workspace receives the logs of {line.id}"
            problems.append(item.refusal(wrong, "a diagnostic setting of it, or `workspace:` here"))
            continue
        activity = workspace if entry.activity_workspace is UNSET else entry.activity_workspace
        yield WatchedResource(
            id=line.id,
            workspace=workspace.lower(),
            activity_workspace=activity.lower(),
            app_workspace=workspace.lower(),
            environment=entry.environment.lower(),
            owner="" if entry.owner is UNSET else entry.owner,
            region=line.region or None,
        )


def _is_selection(item: Value) -> bool:
    try:
        return not item.is_scalar and not item.is_list and "discover" in item.mapping()[0]
    except InputError:
        return False


def _selection(item: Value) -> Selection:
    entry = converted(item, DiscoverEntry).discover
    if (entry.tag is UNSET) == (entry.query is UNSET):
        raise item.refusal("a selection has one of tag and query", "`discover: {tag: linekeeper}`")
    tag = "" if entry.tag is UNSET else entry.tag
    return Selection(tag, "" if entry.query is UNSET else entry.query, item.where)


def _listed(folder: Folder) -> tuple[Value, list[InputError]]:
    file = read_file(folder / FILE)
    if file is None:
        raise InputError(FILE, f"there is no such file in {folder}/", _EXAMPLE)
    if file.value.is_empty:
        raise InputError(f"{FILE}:1", "it is empty", _EXAMPLE)
    values, problems = file.value.mapping(("resources",))
    if "resources" not in values:
        raise problems[0] if problems else InputError(f"{FILE}:1", "the key 'resources' is missing", _EXAMPLE)
    return values["resources"], [*file.secrets, *problems]


def _resource(default_workspace: str | None, item: Value) -> WatchedResource:
    if item.is_scalar:
        entry, place = ResourceEntry(converted(item, ArmId)), item
    else:
        entry = converted(item, ResourceEntry)
        place = item.at("id")
    own = _own_workspace(item, entry, default_workspace)
    return WatchedResource(
        id=_watched_id(place),
        workspace=own,
        activity_workspace=own if entry.activity_workspace is UNSET else entry.activity_workspace.lower(),
        app_workspace=own if entry.app_workspace is UNSET else entry.app_workspace.lower(),
        apps=tuple(_app(app) for app in item.at("apps").items()) if entry.apps else (),
        environment=entry.environment.lower(),
        owner="" if entry.owner is UNSET else entry.owner,
        region=None if entry.region is UNSET else entry.region.lower().replace(" ", ""),
    )


def _own_workspace(item: Value, entry: ResourceEntry, default: str | None) -> str:
    if entry.workspace is not UNSET:
        return entry.workspace.lower()
    expected = "the workspace's GUID"
    if not default:
        raise item.refusal("no workspace is named", f"`workspace:` with {expected}, or LOGS_WORKSPACE set")
    if not re.fullmatch(_GUID, default):
        raise item.refusal("the setting LOGS_WORKSPACE, meant here, is not a GUID", expected)
    return default.lower()


def _watched_id(value: Value) -> str:
    resource = resource_id(value.plain(), where=value.where)
    if resource_type(resource) not in WATCHED_TYPES:
        raise value.refusal(f"{resource_type(resource)} is not watched", " or ".join(WATCHED_TYPES))
    return resource


def _app(value: Value) -> str:
    app = resource_id(value.plain(), where=value.where)
    if resource_type(app) != _APP_TYPE:
        raise value.refusal(f"{resource_type(app)} is not an application", f"an id of {_APP_TYPE}")
    return app
