"""Decide what a caller gets on a hub: the first policy that fits decides, and what it does not name is not given."""

from dataclasses import dataclass

from shared.configuration.callers import CallerMatch
from shared.configuration.tokens import USER, TokenHub, TokenPolicy, TokenResource, TokenRules
from shared.errors import InputError, LinekeeperError
from shared.tokens.caller import Caller, CallerKind


class NotAllowedError(LinekeeperError):
    """A caller who may not have what was asked for; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a token gives on a hub; the user is empty where nobody signed in."""

    user: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def holds(self, other: "Rights") -> bool:
        """Tell whether these are the rights of the same user and no fewer."""
        return (
            self.user == other.user
            and set(other.roles) <= set(self.roles)
            and set(other.groups) <= set(self.groups)
        )


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A hub that a caller may use, by which policy, and with which rights."""

    resource: TokenResource
    hub: str  # as the file spells it
    policy: TokenPolicy
    rights: Rights

    def minutes(self, wanted: int | None) -> int:
        """Return how long a token lasts: as long as was asked for, else the policy's default.

        Raises:
            InputError: it is asked for less than a minute, or for more than the policy gives.
        """
        return lifetime("minutes", wanted, self.policy.default_minutes, self.policy.max_minutes)


def lifetime(unit: str, wanted: int | None, default: int, most: int) -> int:
    """Return how long a token lasts; the SDKs take whatever they are told, even 0 minutes and two years.

    Raises:
        InputError: what is asked for is less than 1, or more than the policy gives.
    """
    if wanted is None:
        return default
    if not 1 <= wanted <= most:
        raise InputError(unit, "it is out of range", f"1 to {most}")
    return wanted


def entitlement_of(rules: TokenRules, hub: str, caller: Caller) -> Entitlement:
    """Return what a caller gets on a hub.

    Raises:
        NotAllowedError: there is no such hub, or no policy of it fits the caller.
    """
    wanted = hub.lower()
    for resource in rules.resources:
        for declared in resource.hubs:
            if declared.name.lower() == wanted:  # as the service compares them
                policy = _policy_of(declared, caller)
                return Entitlement(resource, declared.name, policy, _rights(policy, caller))
    raise NotAllowedError("the hub is not named in tokens.yaml")


def _policy_of(hub: TokenHub, caller: Caller) -> TokenPolicy:
    for policy in hub.policies:
        if fits_caller(policy, caller):
            return policy
    raise NotAllowedError(f"no policy of the hub {hub.name} fits a caller known by {caller.how}")


def fits_caller(policy: CallerMatch, caller: Caller) -> bool:
    """Tell whether a policy is for a caller."""
    if caller.how is CallerKind.ANONYMOUS:
        return policy.anonymous
    if caller.how is CallerKind.KEY and not policy.keys:
        return False
    has_role = not policy.caller_roles or not caller.roles.isdisjoint(policy.caller_roles)
    return has_role and (not policy.users or caller.id in policy.users)


def _rights(policy: TokenPolicy, caller: Caller) -> Rights:
    user, roles, groups = caller.id, policy.roles, policy.groups
    if ("*" in user or "?" in user) and any(USER in text for text in (*roles, *groups)):
        raise NotAllowedError("the caller's id holds a * or a ?, which would be a pattern in a role")
    return Rights(
        user,
        tuple([role.replace(USER, user) for role in roles]),
        tuple([group.replace(USER, user) for group in groups]),
    )
