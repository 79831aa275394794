"""Whose events are accepted, who signs them, and what a connecting client is given: Web PubSub's event handler."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType
from msgspec import field as entry_field

from shared.configuration.arm import resource_id, resource_type
from shared.configuration.files.declare import FileEntry, Length, Text, length
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.receivers import Setting
from shared.configuration.resources import ArmId
from shared.configuration.tokens import HubName
from shared.errors import InputError

FILE = "events.yaml"
# The service's last repeat comes 9 seconds after the first attempt (the emulator's README: after 1, 3 and 5 seconds). A
# handler and its effect have this time each, and the repeat must find that theirs is over.
MOST_SECONDS = 4

_SERVICE = "microsoft.signalrservice/webpubsub"
_GUID = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"

Origin = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$",
        title="a host",
        description="the host of the service, such as lobby.webpubsub.azure.com; * is not allowed",
    ),
]
Guid = Annotated[str, Meta(pattern=_GUID, title="a GUID", description="an id such as that of a tenant")]
# What the service knows (concept-client-protocols.md); patterns of groups are another kind of role and are refused.
ClientRole = Annotated[
    str,
    Meta(
        pattern=r"^webpubsub\.(sendToGroup|joinLeaveGroup)(\.\S{1,1024})?$",
        title="a role",
        description="webpubsub.sendToGroup or webpubsub.joinLeaveGroup, best with .<group> behind it",
    ),
]
GroupName = Annotated[
    str, Meta(pattern=r"^.{1,1024}$", title="a group", description="a name of 1 to 1024 letters")
]
UserPattern = Annotated[
    str,
    Meta(
        pattern=r"^([^*]*\*){0,5}[^*]*$",
        min_length=1,
        max_length=200,
        description="a user id, in which at most five * may stand for anything",
    ),
]
HandlerName = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_-]{0,39}$", title="a handler", description="the name of a registered handler"
    ),
]


class EventIdentityEntry(FileEntry, frozen=True):
    """The identity of a resource whose events carry an Entra token."""

    noun: ClassVar[str] = "the identity"

    tenant: Guid
    audiences: tuple[Text, ...]
    ids: tuple[Guid, ...]


class ConnectRuleEntry(FileEntry, frozen=True):
    """What a client is given that this fits; what is left out stays as its token says."""

    noun: ClassVar[str] = "the rule"

    users: tuple[UserPattern, ...] = ()
    claims: dict[str, tuple[Text, ...]] = entry_field(default_factory=dict)
    anonymous: bool = False
    user_claim: Text | UnsetType = UNSET
    groups: tuple[GroupName, ...] | UnsetType = UNSET
    roles: tuple[ClientRole, ...] | UnsetType = UNSET
    refuse: bool = False


class UserEventEntry(FileEntry, frozen=True):
    """Which handler answers an event that clients send."""

    event: Text
    handler: HandlerName


class EventHubEntry(FileEntry, frozen=True):
    """One hub whose events are accepted."""

    noun: ClassVar[str] = "the hub"

    hub: HubName
    connect: tuple[ConnectRuleEntry, ...] | UnsetType = UNSET
    subprotocols: tuple[Text, ...] = ()
    user_events: tuple[UserEventEntry, ...] = ()
    time_limit: Length = "3s"


class EventResourceEntry(FileEntry, frozen=True):
    """A resource whose events are accepted, and how they are proved to be its own."""

    resource: ArmId
    origins: tuple[Origin, ...]
    hubs: tuple[EventHubEntry, ...]
    keys: tuple[Setting, ...] = ()
    identity: EventIdentityEntry | UnsetType = UNSET


class EventsFile(FileEntry, frozen=True):
    """Whose events are accepted; what stands in no entry is refused."""

    resources: tuple[EventResourceEntry, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventIdentity:
    """Who calls where the service proves itself by Entra: ids of its one identity, for an audience of ours."""

    tenant: str
    audiences: tuple[str, ...]
    ids: frozenset[str]  # application id or object id, in lower case


@dataclass(frozen=True, slots=True)
class ConnectRule:
    """What a connecting client is given; the first rule that fits decides. None leaves what its token says."""

    users: tuple[str, ...] = ()  # in which * stands for anything; empty means every user
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # one value of each must be there
    anonymous: bool = False  # fits clients without a user id
    user_claim: str | None = None  # the claim that is the user id from now on
    groups: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    refuse: bool = False


@dataclass(frozen=True, slots=True)
class EventHub:
    """The rules of one hub."""

    name: str  # in lower case, as the service compares
    connect: tuple[ConnectRule, ...] | None  # None: every client that has a user id, as its token says
    subprotocols: tuple[str, ...]
    user_events: Mapping[str, str]  # the handler by the event's name; `*` is every other
    time_limit: timedelta

    def handler_of(self, event: str) -> str | None:
        """Return the name of the handler for a user event, or None where nobody handles it."""
        return self.user_events.get(event, self.user_events.get("*"))


@dataclass(frozen=True, slots=True)
class EventResource:
    """A Web PubSub resource whose events are accepted."""

    id: str  # ARM id in lower case
    origins: frozenset[str]  # hosts in lower case
    keys: tuple[str, ...]  # names of settings, each with a connection string or an access key
    identity: EventIdentity | None
    hubs: Mapping[str, EventHub]  # by name in lower case
    where: str = ""  # its file and line


@dataclass(frozen=True, slots=True)
class EventRules:
    """Every resource whose events are accepted."""

    resources: tuple[EventResource, ...] = ()

    def of_origin(self, host: str) -> EventResource | None:
        """Return the resource that calls itself so, or None where nobody may."""
        return next((one for one in self.resources if host.lower() in one.origins), None)


def usable_events(folder: Folder) -> tuple[EventRules, tuple[InputError, ...]]:
    """Return the entries that are right, and what is wrong with the others."""
    values, problems = sections(folder / FILE, EventsFile)
    origins: dict[str, str] = {}

    def resource_of(item: Value) -> EventResource:
        resource = _resource(item)
        for origin in sorted(resource.origins):
            if place := origins.get(origin):
                raise item.refusal(f"the origin {origin} stands already at {place}", "each origin once")
        origins.update(dict.fromkeys(resource.origins, resource.where))
        return resource

    resources = usable(values.get("resources"), resource_of, problems)
    return EventRules(tuple(resources)), ordered(problems)


def _resource(item: Value) -> EventResource:
    entry = converted(item, EventResourceEntry)
    place = item.at("resource")
    resource = resource_id(entry.resource, where=place.where)
    if resource_type(resource) != _SERVICE:
        raise place.refusal(f"{resource_type(resource)} sends no such events", f"an id of {_SERVICE}")
    if not entry.keys and entry.identity is UNSET:
        raise item.refusal("nothing proves its events", "`keys:` with names of settings, or `identity:`")
    return EventResource(
        id=resource,
        origins=frozenset(origin.lower() for origin in entry.origins),
        keys=entry.keys,
        identity=None if entry.identity is UNSET else _identity(entry.identity),
        hubs=_hubs(item.at("hubs"), entry.hubs),
        where=item.where,
    )


def _identity(entry: EventIdentityEntry) -> EventIdentity:
    return EventIdentity(entry.tenant.lower(), entry.audiences, frozenset(id_.lower() for id_ in entry.ids))


def _hubs(value: Value, entries: tuple[EventHubEntry, ...]) -> Mapping[str, EventHub]:
    hubs: dict[str, EventHub] = {}
    for item, entry in zip(value.items(), entries, strict=True):
        name = entry.hub.lower()
        if name in hubs:
            raise item.refusal(f"the hub {entry.hub} stands twice", "each hub once; case does not count")
        hubs[name] = EventHub(
            name=name,
            connect=None if entry.connect is UNSET else tuple(map(_rule, entry.connect)),
            subprotocols=entry.subprotocols,
            user_events={event.event: event.handler for event in entry.user_events},
            time_limit=_time_limit(item, entry),
        )
    return hubs


def _rule(entry: ConnectRuleEntry) -> ConnectRule:
    return ConnectRule(
        users=entry.users,
        claims=entry.claims,
        anonymous=entry.anonymous,
        user_claim=None if entry.user_claim is UNSET else entry.user_claim,
        groups=None if entry.groups is UNSET else entry.groups,
        roles=None if entry.roles is UNSET else entry.roles,
        refuse=entry.refuse,
    )


def _time_limit(item: Value, entry: EventHubEntry) -> timedelta:
    limit = length(entry.time_limit)
    if not timedelta(seconds=1) <= limit <= timedelta(seconds=MOST_SECONDS):
        raise item.at("time_limit").refusal(f"'time_limit' is {entry.time_limit}", f"1s to {MOST_SECONDS}s")
    return limit
