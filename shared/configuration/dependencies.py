"""What each line needs, and what needs it, as a team declares it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from shared.configuration.arm import resource_id
from shared.configuration.files.declare import FileEntry, Length, Text, length
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.resources import ArmId, Region
from shared.configuration.tokens import ResourceName
from shared.errors import InputError

FILE = "dependencies.yaml"
KINDS = ("network", "identity", "data")

Service = Annotated[
    str,
    Meta(min_length=1, max_length=100, description="a service as Azure Service Health names it, such as Key Vault"),
]  # fmt: skip


class DependencyEntry(FileEntry, frozen=True):
    """One thing that a line needs: a resource of Azure, a service, or something of which only the name is known."""

    noun: ClassVar[str] = "the dependency"

    name: Text | UnsetType = UNSET
    resource: ArmId | UnsetType = UNSET
    service: Service | UnsetType = UNSET
    region: Region | UnsetType = UNSET
    idle_limit: Length | UnsetType = UNSET


class LineEntry(FileEntry, frozen=True):
    """One line: what it needs, and what needs it."""

    noun: ClassVar[str] = "the line"

    line: ResourceName
    network: tuple[DependencyEntry, ...] = ()
    identity: tuple[DependencyEntry, ...] = ()
    data: tuple[DependencyEntry, ...] = ()
    needed_by: tuple[Text, ...] = ()


class DependenciesFile(FileEntry, frozen=True):
    """What each line needs; what is found in Azure counts without standing here."""

    dependencies: tuple[LineEntry, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeclaredDependency:
    """One thing that a line needs; what is not known is empty."""

    kind: str  # one of `KINDS`
    name: str
    resource: str = ""  # its ARM id in lower case
    service: str = ""
    region: str = ""
    idle_limit: int = 0  # seconds after which it ends what is silent; 0 where it does not


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """What is declared of one line."""

    line: str  # an ARM id in lower case, or the name at its end
    members: tuple[DeclaredDependency, ...]
    needed_by: tuple[str, ...]

    def is_of(self, resource: str) -> bool:
        """Tell whether a resource is meant."""
        return self.line in {resource, resource.rpartition("/")[2]}


def usable_dependencies(folder: Folder) -> tuple[tuple[DeclaredLine, ...], tuple[InputError, ...]]:
    """Return the lines whose entries are right, and what is wrong with the others."""
    values, problems = sections(folder / FILE, DependenciesFile)
    lines = usable(values.get("dependencies"), _line, problems)
    return tuple(lines), ordered(problems)


def _line(item: Value) -> DeclaredLine:
    entry = converted(item, LineEntry)
    line = entry.line.lower()
    members = tuple(
        _dependency(kind, value)
        for kind in KINDS
        if getattr(entry, kind)
        for value in item.at(kind).items()
    )  # fmt: skip
    return DeclaredLine(resource_id(line) if line.startswith("/") else line, members, entry.needed_by)


def _dependency(kind: str, value: Value) -> DeclaredDependency:
    entry = converted(value, DependencyEntry)
    resource = ""
    if entry.resource is not UNSET:
        resource = resource_id(entry.resource, where=value.where)
    name = resource.rpartition("/")[2] if entry.name is UNSET else entry.name
    service = "" if entry.service is UNSET else entry.service
    if not (name or service):
        raise value.refusal("it names nothing", "`resource:`, `service:` or `name:`")
    return DeclaredDependency(
        kind,
        name or service,
        resource,
        service,
        "" if entry.region is UNSET else entry.region.lower().replace(" ", ""),
        0 if entry.idle_limit is UNSET else int(length(entry.idle_limit).total_seconds()),
    )
