"""Who can be told, and by which route: receivers are channels of Teams or webhooks, each behind the address in one setting."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from shared.configuration.files.declare import FileEntry, Text
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.match import Match, MatchEntry, Subject, match_of
from shared.errors import InputError

FILE = "receivers.yaml"
DEFAULT_SETTING = "TEAMS_WEBHOOK_URL"

_MOST_RECEIVERS = 50  # the decisions about one state of an incident are stored in one transaction

# A name is also a part of table keys.
Name = Annotated[
    str,
    Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="a name of small letters, digits and hyphens"),
]
Names = Annotated[tuple[Text, ...], Meta(description="a list of names of receivers")]
Setting = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z_][A-Za-z0-9_]{0,99}$",
        title="the name of a setting",
        description=f"a name such as {DEFAULT_SETTING}, not an address",
        extra={"hidden": True},  # an address is a secret: it is not repeated
    ),
]


class ReceiverKind(StrEnum):
    """What a receiver is told by."""

    TEAMS = "teams"  # a card, in a channel
    WEBHOOK = "webhook"  # JSON, signed with a key (docs/webhook.md)


class ReceiverEntry(FileEntry, frozen=True):
    """One receiver, behind the address in a setting."""

    noun: ClassVar[str] = "the receiver"

    name: Name
    webhook: Setting
    kind: ReceiverKind = ReceiverKind.TEAMS
    key: Setting | UnsetType = UNSET
    fallback: Name | UnsetType = UNSET
    per_second: Annotated[int, Meta(ge=1, le=4)] = 4
    per_five_minutes: Annotated[int, Meta(ge=1, le=1200)] = 20
    local_times: bool = False


class RouteEntry(FileEntry, frozen=True):
    """Which incidents go to which receivers: at once, and then, one by one, while nobody acknowledges."""

    noun: ClassVar[str] = "the route"

    to: Names
    match: MatchEntry = MatchEntry()
    then: Names | UnsetType = UNSET


class ReceiversFile(FileEntry, frozen=True):
    """Who can be told, and by which route; the first route that fits decides."""

    receivers: tuple[ReceiverEntry, ...] | None = None
    routes: tuple[RouteEntry, ...] | None = None
    announcements: Names | None = None
    drills: Names | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver; its address and its key are secrets, so configuration names the settings that hold them."""

    name: str
    setting: str
    fallback: str | None = None  # the receiver that is told when this one refuses for good
    # Workflows throttle above four a second; the flow bot takes about 25 in five minutes.
    per_second: int = 4
    per_five_minutes: int = 20
    kind: ReceiverKind = ReceiverKind.TEAMS
    key_setting: str = ""  # of a webhook
    local_times: bool = False  # whether Teams writes the times of its cards, in the zone of each reader

    @property
    def settings(self) -> tuple[str, ...]:
        """Return the names of all its settings."""
        return (self.setting, self.key_setting) if self.key_setting else (self.setting,)


@dataclass(frozen=True, slots=True)
class Route:
    """Which incidents go to which receivers: at once, and then, one by one, while nobody acknowledges."""

    match: Match = field(default_factory=Match)
    to: tuple[str, ...] = ()
    then: tuple[str, ...] = ()


DEFAULT_RECEIVER = Receiver("default", DEFAULT_SETTING)


@dataclass(frozen=True, slots=True)
class Routing:
    """Every receiver and every route, in the order of the file; there is always a receiver."""

    receivers: tuple[Receiver, ...] = (DEFAULT_RECEIVER,)
    routes: tuple[Route, ...] = (Route(to=(DEFAULT_RECEIVER.name,)),)
    announcements: tuple[str, ...] = (DEFAULT_RECEIVER.name,)  # who hears what is about no incident
    drills: tuple[str, ...] = ()  # who hears of drills, and of nothing else

    def receiver(self, name: str) -> Receiver | None:
        """Return a receiver by its name; None where the file names it no more."""
        return next((receiver for receiver in self.receivers if receiver.name == name), None)

    def route_of(self, subject: Subject) -> Route | None:
        """Return the first route that fits."""
        return next((route for route in self.routes if route.match.fits(subject)), None)


def usable_receivers(folder: Folder) -> tuple[Routing, tuple[InputError, ...]]:
    """Return what of the receivers and routes is right, and what is wrong with the rest.

    Whatever is wrong, somebody is told: what no usable route fits goes to the first receiver, and without a usable
    receiver to the default one.
    """
    values, problems = sections(folder / FILE, ReceiversFile)
    receivers = _receivers(values.get("receivers"), problems) or (DEFAULT_RECEIVER,)
    names = [receiver.name for receiver in receivers]
    routes: Sequence[Route] = (Route(to=(names[0],)),)
    if "routes" in values:
        routes = usable(values["routes"], partial(_route, names, problems), problems)
    announced = _receivers_named(values.get("announcements"), names, problems)
    drills = _drills(values.get("drills"), receivers, routes, announced or (names[0],), problems)
    return Routing(receivers, tuple(routes), announced or (names[0],), drills), ordered(problems)


def _receivers(listed: Value | None, problems: list[InputError]) -> tuple[Receiver, ...]:
    receivers: dict[str, Receiver] = {}

    def receiver_of(item: Value) -> tuple[Receiver, Value]:
        receiver = _receiver(item)
        if receiver.name in receivers:
            raise item.refusal(f"the receiver {receiver.name!r} stands twice", "each name once")
        if len(receivers) == _MOST_RECEIVERS:
            raise item.refusal(f"there are more than {_MOST_RECEIVERS} receivers", "fewer")
        receivers[receiver.name] = receiver
        return receiver, item

    for receiver, item in usable(listed, receiver_of, problems):
        if receiver.fallback is not None and receiver.fallback not in receivers:
            wrong = f"the fallback {receiver.fallback!r} is not a receiver"
            problems.append(item.refusal(wrong, f"one of {', '.join(receivers)}"))
    return tuple(receivers.values())


def _receiver(item: Value) -> Receiver:
    entry = converted(item, ReceiverEntry)
    if entry.fallback == entry.name:
        raise item.at("fallback").refusal(f"{entry.name!r} is its own fallback", "another receiver")
    fallback = None if isinstance(entry.fallback, UnsetType) else entry.fallback
    key = "" if isinstance(entry.key, UnsetType) else entry.key
    if entry.kind is ReceiverKind.WEBHOOK and not key:
        raise item.refusal(
            f"the webhook {entry.name!r} has no key", "`key` with the name of the setting that holds it"
        )
    if entry.kind is not ReceiverKind.WEBHOOK and key:
        raise item.at("key").refusal(f"{entry.name!r} signs nothing", "no key, or `kind: webhook`")
    return Receiver(
        entry.name,
        entry.webhook,
        fallback,
        entry.per_second,
        entry.per_five_minutes,
        entry.kind,
        key,
        entry.local_times,
    )


def _route(names: Sequence[str], problems: list[InputError], item: Value) -> Route:
    entry = converted(item, RouteEntry)
    to = _receivers_named(item.at("to"), names, problems)
    if not to:
        raise item.refusal("the route leads to no receiver", f"one of {', '.join(names)}")
    then = () if entry.then is UNSET else _receivers_named(item.at("then"), names, problems)
    return Route(match_of(entry.match), to, then)


def _drills(
    listed: Value | None,
    receivers: Sequence[Receiver],
    routes: Sequence[Route],
    announced: Sequence[str],
    problems: list[InputError],
) -> tuple[str, ...]:
    """Return the receivers of drills; one by which somebody could be told of an incident, or called by a drill, is left out."""
    told = {name for route in routes for name in (*route.to, *route.then)} | set(announced)
    told |= {receiver.fallback for receiver in receivers if receiver.fallback}
    told.add(receivers[0].name)  # which hears what no route fits
    fallbacks = {receiver.name: receiver.fallback for receiver in receivers}

    def drill_of(item: Value) -> str:
        name = _name_of(list(fallbacks), item)
        if name in told:
            raise item.refusal(f"{name!r} hears of incidents too", "a receiver of its own for drills")
        if fallbacks[name]:
            raise item.refusal(
                f"{name!r} has a fallback, which a drill would reach", "a receiver without one"
            )
        return name

    return tuple(dict.fromkeys(usable(listed, drill_of, problems)))


def _receivers_named(
    listed: Value | None, names: Sequence[str], problems: list[InputError]
) -> tuple[str, ...]:
    """Return the receivers that are named, each once; a name of none is left out and told."""
    return tuple(dict.fromkeys(usable(listed, partial(_name_of, names), problems)))


def _name_of(names: Sequence[str], item: Value) -> str:
    name: str = converted(item, Text)
    if name not in names:
        raise item.refusal(f"{name!r} is not a receiver", f"one of {', '.join(names)}")
    return name
