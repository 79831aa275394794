"""Who may have which token: policies by hub and by caller, and the issuers whose tokens tell who a caller is."""

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, ClassVar

import yaml
from msgspec import UNSET, Meta, UnsetType

from shared.configuration.callers import Allowed, CallersEntry, check_callers
from shared.configuration.files.declare import FileEntry, OneOrMore, Text
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.tokens_acs import AcsEntry, AcsRules, acs_rules
from shared.errors import InputError

FILE = "tokens.yaml"
USER = "{user}"  # stands for the caller's id in a role or a group

# "HTTP/2: 4 K for a header": a longer token is refused by the service's front door.
_MOST_LETTERS = 2000
_USER_LETTERS = 128
_MOST_MINUTES = 24 * 60
_GUID = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"

Tenant = Annotated[str, Meta(pattern=_GUID, title="a tenant", description="the GUID of a tenant of Entra")]
Address = Annotated[
    str,
    Meta(
        pattern=r"^https://[^\s/?#@]+(/[^\s?#]*)?$", title="an address", description="https://<host>/<path>"
    ),
]
Endpoint = Annotated[
    str,
    Meta(
        pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$",
        title="an endpoint",
        description="an address such as https://lobby.webpubsub.azure.com",
    ),
]
ResourceName = Annotated[
    str,
    Meta(
        pattern="^((/[^/]+){8}|[A-Za-z][A-Za-z0-9-]{1,62})$",
        title="a resource",
        description="an ARM id of resources.yaml, or the name at its end",
    ),
]
HubName = Annotated[
    str,
    Meta(
        # routes.tsp of the data plane
        pattern=r"^[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}$",
        title="the name of a hub",
        description="a letter, and up to 127 letters, digits and _ ` , . [ ]",
    ),
]
Role = Annotated[
    str,
    Meta(
        pattern=r"^webpubsub\.(joinLeaveGroup|sendToGroup)(s?\.[^\s].{0,200})?$",
        title="a role of Web PubSub",
        description="webpubsub.joinLeaveGroup.<group> or webpubsub.sendToGroup.<group>",
    ),
]
Group = Annotated[str, Meta(pattern=r"^[^\s].{0,200}$", title="a group", description="the name of a group")]
Minutes = Annotated[int, Meta(ge=1, le=_MOST_MINUTES)]
Claim = Annotated[str, Meta(pattern=r"^[^\s]{1,100}$", description="the name of a claim, such as oid")]


class Audiences(OneOrMore[Text]):
    """One audience or more."""


class IssuerEntry(FileEntry, frozen=True):
    """Whose tokens tell who a caller is: a tenant of Entra, or an issuer with the address of its keys."""

    noun: ClassVar[str] = "the issuer"

    audience: Audiences
    tenant: Tenant | UnsetType = UNSET
    issuer: Address | UnsetType = UNSET
    jwks: Address | UnsetType = UNSET
    user: Claim | UnsetType = UNSET
    roles: Claim = "roles"
    prefix: Text | UnsetType = UNSET


class PolicyEntry(FileEntry, frozen=True):
    """What certain callers get on a hub; what is not named is not given."""

    noun: ClassVar[str] = "the policy"

    callers: CallersEntry = CallersEntry()
    roles: tuple[Role, ...] = ()
    groups: tuple[Group, ...] = ()
    max_minutes: Minutes = 60
    default_minutes: Minutes | UnsetType = UNSET
    group_patterns: bool = False
    anonymous: bool = False
    keys: Allowed = "refused"


class HubEntry(FileEntry, frozen=True):
    """A hub, and its policies; the first that fits a caller decides."""

    noun: ClassVar[str] = "the hub"

    hub: HubName
    policies: tuple[PolicyEntry, ...]


class TokenResourceHead(FileEntry, frozen=True):
    """What is said of a resource beside its hubs."""

    noun: ClassVar[str] = "the resource"

    resource: ResourceName
    endpoint: Endpoint | UnsetType = UNSET
    connects_per_second: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    calls_per_minute: Annotated[int, Meta(ge=1, le=100_000)] = 60


class TokenResourceEntry(TokenResourceHead, frozen=True):
    """A Web PubSub resource whose clients get their tokens here."""

    hubs: tuple[HubEntry, ...] = ()


class TokensFile(FileEntry, frozen=True):
    """Who may have which token; whatever is not named is refused."""

    issuers: tuple[IssuerEntry, ...] | None = None
    web_pubsub: tuple[TokenResourceEntry, ...] | None = None
    acs: AcsEntry | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens tell who a caller is; either `tenant` or `issuer` and `jwks` are there."""

    audiences: tuple[str, ...]
    tenant: str = ""  # GUID
    issuer: str = ""
    jwks: str = ""  # address of the published keys
    user: str = "sub"  # the claim that names the caller
    roles: str = "roles"  # the claim with the caller's roles
    prefix: str = ""  # before the names of its callers, so that no two issuers name the same user


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What callers who fit get; of callers with no matcher every one who signed in fits."""

    caller_roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    max_minutes: int = 60
    default_minutes: int = 60
    group_patterns: bool = False
    anonymous: bool = False
    keys: bool = False  # whether NEGOTIATE_KEY may ask on behalf of a user
    where: str = ""  # its file and line


@dataclass(frozen=True, slots=True)
class TokenHub:
    """A hub, as its resource spells it, and its policies; the first that fits decides."""

    name: str
    policies: tuple[TokenPolicy, ...]


@dataclass(frozen=True, slots=True)
class TokenResource:
    """A Web PubSub resource whose clients get their tokens here."""

    name: str  # ARM id or name, in lower case
    hubs: tuple[TokenHub, ...]
    endpoint: str | None = None  # without a slash at its end; None means the one of the settings
    connects_per_second: int = 100  # how many clients a second may come back after a mass drop
    calls_per_minute: int = 60  # of one caller; more is refused with 429


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Everything that the file allows."""

    issuers: tuple[Issuer, ...] = ()
    resources: tuple[TokenResource, ...] = ()
    acs: AcsRules = field(default_factory=AcsRules)


def usable_token_rules(folder: Folder) -> tuple[TokenRules, tuple[InputError, ...]]:
    """Return what may be given, and what is wrong with the rest, which is not given.

    A policy that is wrong closes its hub: the next one could give more to those whom it was meant for.
    """
    values, problems = sections(folder / FILE, TokensFile)
    issuers: list[Issuer] = []
    usable(values.get("issuers"), partial(_add_issuer, issuers), problems)
    places: dict[str, str] = {}
    resources = usable(values.get("web_pubsub"), partial(_resource, places, problems), problems)
    acs = _acs(values.get("acs"), problems)
    return TokenRules(tuple(issuers), tuple(resources), acs), ordered(problems)


def _acs(item: Value | None, problems: list[InputError]) -> AcsRules:
    try:
        return AcsRules() if item is None else acs_rules(item)
    except InputError as error:
        problems.append(error)
        return AcsRules()


def _add_issuer(issuers: list[Issuer], item: Value) -> None:
    entry = converted(item, IssuerEntry)
    if isinstance(entry.tenant, str) == (isinstance(entry.issuer, str) or isinstance(entry.jwks, str)):
        raise item.refusal(
            "the issuer is not one of two forms", "`tenant:`, or `issuer:` and `jwks:`, and not both"
        )
    if isinstance(entry.issuer, str) != isinstance(entry.jwks, str):
        raise item.refusal("the issuer is only half named", "both `issuer:` and `jwks:`")
    prefix = _or_empty(entry.prefix)
    if any(prefix.startswith(issuer.prefix) or issuer.prefix.startswith(prefix) for issuer in issuers):
        raise item.refusal(
            "two issuers could name the same user", "`prefix:` with another text for each issuer"
        )
    own_claim = "oid" if isinstance(entry.tenant, str) else "sub"
    issuers.append(
        Issuer(
            audiences=tuple(entry.audience),
            tenant=_or_empty(entry.tenant).lower(),
            issuer=_or_empty(entry.issuer),
            jwks=_or_empty(entry.jwks),
            user=_or_empty(entry.user) or own_claim,
            roles=entry.roles,
            prefix=prefix,
        )
    )


def _resource(places: dict[str, str], problems: list[InputError], item: Value) -> TokenResource:
    # One by one, so that a hub that is wrong does not take the others with it.
    values, _ = item.mapping()
    entry = converted(_without_hubs(item), TokenResourceHead)
    return TokenResource(
        name=entry.resource.lower(),
        hubs=tuple(usable(values.get("hubs"), partial(_hub, places), problems)),
        endpoint=_or_empty(entry.endpoint).rstrip("/") or None,
        connects_per_second=entry.connects_per_second,
        calls_per_minute=entry.calls_per_minute,
    )


def _without_hubs(item: Value) -> Value:
    node = item.node
    pairs = [(key, value) for key, value in node.value if key.value != "hubs"]
    head = yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
    return Value(item.file, item.name, head)


def _hub(places: dict[str, str], item: Value) -> TokenHub:
    entry = converted(item, HubEntry)
    # The service does not tell hubs apart by case.
    if place := places.get(entry.hub.lower()):
        raise item.refusal(f"the hub {entry.hub!r} stands already at {place}", "each hub once")
    places[entry.hub.lower()] = item.where
    return TokenHub(entry.hub, tuple(map(_policy, item.at("policies").items())))


def _policy(item: Value) -> TokenPolicy:
    entry = converted(item, PolicyEntry)
    check_callers(entry.callers, item, is_without_sign_in=entry.anonymous or entry.keys == "allowed")
    if entry.anonymous and entry.callers.user:
        raise item.at("callers").refusal("who is anonymous is no certain user", "`anonymous:` alone")
    policy = TokenPolicy(
        caller_roles=tuple(entry.callers.role),
        users=tuple(entry.callers.user),
        roles=tuple(dict.fromkeys(entry.roles)),
        groups=tuple(dict.fromkeys(entry.groups)),
        max_minutes=entry.max_minutes,
        default_minutes=min(60, entry.max_minutes)
        if isinstance(entry.default_minutes, UnsetType)
        else entry.default_minutes,
        group_patterns=entry.group_patterns,
        anonymous=entry.anonymous,
        keys=entry.keys == "allowed",
        where=item.where,
    )
    _check_rights(policy, item)
    return policy


def _check_rights(policy: TokenPolicy, item: Value) -> None:
    if policy.default_minutes > policy.max_minutes:
        raise item.at("default_minutes").refusal(
            f"'default_minutes' is {policy.default_minutes}", f"at most {policy.max_minutes}, its max_minutes"
        )
    for role in policy.roles:
        if is_wide(role) and not policy.group_patterns:
            raise item.at("roles").refusal(
                f"{role!r} is for more than one group", "a role with one group, or `group_patterns: true`"
            )
        if is_wide(role) and USER in role:
            raise item.at("roles").refusal(f"{role!r} has a user in a pattern", "a role with one group")
    if any("*" in group or "?" in group for group in policy.groups):
        raise item.at("groups").refusal("a group has a * or a ?", "names of groups, as they are")
    if policy.anonymous and any(USER in text for text in (*policy.roles, *policy.groups)):
        raise item.refusal(f"who is anonymous has no name for {USER}", f"roles and groups without {USER}")
    letters = sum(len(text.replace(USER, "u" * _USER_LETTERS)) for text in (*policy.roles, *policy.groups))
    if letters > _MOST_LETTERS:
        raise item.refusal(f"its roles and groups have {letters} letters", f"at most {_MOST_LETTERS}")


def is_wide(role: str) -> bool:
    """Tell whether a role is for more than one named group: for all, or for those that fit a pattern."""
    kind, _, group = role.removeprefix("webpubsub.").partition(".")
    return not group or kind.endswith("s") or "*" in group or "?" in group


def _or_empty(value: str | UnsetType) -> str:
    return "" if isinstance(value, UnsetType) else value
