"""Who can be told, and by which route: receivers are channels of Teams, each behind the address in one setting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.configuration.match import Match, Subject, read_match
from shared.configuration.read import Value, sections
from shared.errors import InputError

FILE = "receivers.yaml"
DEFAULT_SETTING = "TEAMS_WEBHOOK_URL"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")  # also a part of table keys
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SECTIONS = ("receivers", "routes", "announcements")
_RECEIVER_KEYS = ("name", "webhook", "fallback", "per_second", "per_five_minutes")
_ROUTE_KEYS = ("match", "to", "then")
_MOST_RECEIVERS = 50  # the decisions about one state of an incident are stored in one transaction


@dataclass(frozen=True, slots=True)
class Receiver:
    """One channel; its address is a secret, so configuration names the setting that holds it."""

    name: str
    setting: str
    fallback: str | None = None  # the receiver that is told when this one refuses for good
    # Workflows throttle above four a second; the flow bot takes about 25 in five minutes.
    per_second: int = 4
    per_five_minutes: int = 20


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

    def receiver(self, name: str) -> Receiver | None:
        """Return a receiver by its name; None where the file names it no more."""
        return next((one for one in self.receivers if one.name == name), None)

    def route_of(self, subject: Subject) -> Route | None:
        """Return the first route that fits."""
        return next((route for route in self.routes if route.match.fits(subject)), None)


def load_receivers(folder: Path) -> Routing:
    """Return the team's receivers and routes; without a file, one channel that hears everything.

    Raises:
        InputError: the first problem of the file.
    """
    routing, problems = usable_receivers(folder)
    if problems:
        raise problems[0]
    return routing


def usable_receivers(folder: Path) -> tuple[Routing, tuple[InputError, ...]]:
    """Return what of the receivers and routes is right, and what is wrong with the rest.

    Whatever is wrong, somebody is told: what no usable route fits goes to the first receiver, and without a usable
    receiver to the default one.
    """
    problems: list[InputError] = []
    try:
        found = sections(folder / FILE, _SECTIONS)
        receivers = _receivers(found["receivers"], problems) if _is_given(found, "receivers") else ()
        receivers = receivers or (DEFAULT_RECEIVER,)
        names = [one.name for one in receivers]
        routes = _routes(found["routes"], names, problems) if _is_given(found, "routes") else ()
        announced = _named(found["announcements"], names, problems) if "announcements" in found else ()
    except InputError as error:
        return Routing(), (*problems, error)
    if not _is_given(found, "routes"):
        routes = (Route(to=(names[0],)),)
    return Routing(receivers, routes, announced or (names[0],)), tuple(problems)


def _is_given(found: Mapping[str, Value], name: str) -> bool:
    """Tell whether a section says something; where every line below a key is a comment, its value is empty."""
    return name in found and not found[name].is_empty


def _receivers(section: Value, problems: list[InputError]) -> tuple[Receiver, ...]:
    kept: dict[str, tuple[Receiver, Value]] = {}
    for item in section.items():
        try:
            receiver = _receiver(item)
            if receiver.name in kept:
                raise item.refusal(f"the receiver {receiver.name!r} stands twice", "each name once")
            if len(kept) == _MOST_RECEIVERS:
                raise item.refusal(f"there are more than {_MOST_RECEIVERS} receivers", "fewer")
            kept[receiver.name] = (receiver, item)
        except InputError as error:
            problems.append(error)
    for receiver, item in kept.values():
        if receiver.fallback is not None and receiver.fallback not in kept:
            problems.append(
                item.refusal(f"the fallback {receiver.fallback!r} is no receiver", _known(list(kept)))
            )
    return tuple(receiver for receiver, _ in kept.values())


def _receiver(item: Value) -> Receiver:
    found = item.mapping(_RECEIVER_KEYS)
    for key in ("name", "webhook"):
        if key not in found:
            raise item.refusal(f"the receiver has no {key!r}", "{name: on-call, webhook: NAME_OF_A_SETTING}")
    name = _name(found["name"])
    fallback = _name(found["fallback"]) if "fallback" in found else None
    if fallback == name:
        raise found["fallback"].refusal(f"{name!r} is its own fallback", "another receiver")
    return Receiver(
        name=name,
        setting=_setting(found["webhook"]),
        fallback=fallback,
        per_second=found["per_second"].whole(1, 4) if "per_second" in found else 4,
        per_five_minutes=found["per_five_minutes"].whole(1, 1200) if "per_five_minutes" in found else 20,
    )


def _name(value: Value) -> str:
    if not _NAME.fullmatch(found := value.text()):
        raise value.refusal(f"{value.name!r} is {found!r}", "a name of small letters, digits and hyphens")
    return found


def _setting(value: Value) -> str:
    found = value.text()
    if not _SETTING.fullmatch(found):  # an address is a secret: it is not repeated
        raise value.refusal(
            "'webhook' is no name of a setting", f"a name such as {DEFAULT_SETTING}, not an address"
        )
    return found


def _routes(section: Value, names: list[str], problems: list[InputError]) -> tuple[Route, ...]:
    kept = []
    for item in section.items():
        try:
            route = _route(item, names, problems)
        except InputError as error:
            problems.append(error)
        else:
            kept.append(route)
    return tuple(kept)


def _route(item: Value, names: list[str], problems: list[InputError]) -> Route:
    found = item.mapping(_ROUTE_KEYS)
    if "to" not in found:
        raise item.refusal("the route has no 'to'", "to: [NAME_OF_A_RECEIVER]")
    to = _named(found["to"], names, problems)
    if not to:
        raise item.refusal("the route leads to no receiver", _known(names))
    return Route(
        match=read_match(found["match"]) if "match" in found else Match(),
        to=to,
        then=_named(found["then"], names, problems) if "then" in found else (),
    )


def _named(value: Value, names: list[str], problems: list[InputError]) -> tuple[str, ...]:
    """Return the receivers that are named, each once; a name that is none is left out and told."""
    kept: dict[str, None] = {}
    for one in value.items():
        if (name := one.text()) in names:
            kept[name] = None
        else:
            problems.append(one.refusal(f"{name!r} is no receiver", _known(names)))
    return tuple(kept)


def _known(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if names else "a receiver of this file"
