"""Who may have which token of Communication Services: the part `acs:` of tokens.yaml."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from shared.configuration.callers import Allowed, CallersEntry, check_callers
from shared.configuration.files.declare import FileEntry
from shared.configuration.files.usable import converted
from shared.configuration.files.value import Value

# "Optional custom validity period of the token within [60,1440] minutes range": CommunicationIdentity.json, 2023-10-01
MOST_HOURS = 24

Scope = Annotated[
    str,
    Meta(
        pattern=r"^(voip|voip\.join|chat|chat\.join|chat\.join\.limited)$",
        title="a scope",
        description="voip, voip.join, chat, chat.join or chat.join.limited",
    ),
]
Scopes = Annotated[tuple[Scope, ...], Meta(min_length=1)]
Hours = Annotated[int, Meta(ge=1, le=MOST_HOURS)]


class AcsPolicyEntry(FileEntry, frozen=True):
    """Which scopes certain callers get, and for how long."""

    noun: ClassVar[str] = "the policy"

    scopes: Scopes
    callers: CallersEntry = CallersEntry()
    max_hours: Hours = 1
    default_hours: Hours | UnsetType = UNSET
    keys: Allowed = "refused"


class AcsEntry(FileEntry, frozen=True):
    """Tokens of Communication Services; the first policy that fits a caller decides."""

    noun: ClassVar[str] = "the part acs"

    policies: tuple[AcsPolicyEntry, ...] = ()
    calls_per_minute: Annotated[int, Meta(ge=1, le=100_000)] = 60


@dataclass(frozen=True, slots=True)
class AcsPolicy:
    """What callers who fit get; of callers with no matcher every one who signed in fits."""

    scopes: tuple[str, ...]
    caller_roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    max_hours: int = 1
    default_hours: int = 1
    keys: bool = False  # whether NEGOTIATE_KEY may ask on behalf of a user
    where: str = ""  # its file and line

    @property
    def anonymous(self) -> bool:
        """Nobody: an identity belongs to a caller who is known."""
        return False


@dataclass(frozen=True, slots=True)
class AcsRules:
    """The policies, of which the first that fits decides; none where nothing is given."""

    policies: tuple[AcsPolicy, ...] = ()
    calls_per_minute: int = 60  # of one caller; more is refused with 429


def acs_rules(item: Value) -> AcsRules:
    """Return what the part `acs:` allows.

    Raises:
        InputError: something in it is wrong; none of it counts, for the next policy could give more.
    """
    entry = converted(item, AcsEntry)
    values, _ = item.mapping()
    listed = values["policies"].items() if entry.policies else ()
    return AcsRules(tuple(map(_policy, listed)), entry.calls_per_minute)


def _policy(item: Value) -> AcsPolicy:
    entry = converted(item, AcsPolicyEntry)
    keys = entry.keys == "allowed"
    check_callers(entry.callers, item, is_without_sign_in=keys)
    default = 1 if isinstance(entry.default_hours, UnsetType) else entry.default_hours
    if default > entry.max_hours:
        raise item.at("default_hours").refusal(
            f"'default_hours' is {default}", f"at most {entry.max_hours}, its max_hours"
        )
    return AcsPolicy(
        scopes=tuple(dict.fromkeys(entry.scopes)),
        caller_roles=tuple(entry.callers.role),
        users=tuple(entry.callers.user),
        max_hours=entry.max_hours,
        default_hours=default,
        keys=keys,
        where=item.where,
    )
