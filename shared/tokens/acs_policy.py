"""Decide which scopes of Communication Services a caller gets: the first policy that fits the caller decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.configuration.tokens_acs import AcsPolicy, AcsRules
from shared.errors import InputError
from shared.tokens.caller import Caller
from shared.tokens.policy import NotAllowedError, fits_caller, lifetime

# https://learn.microsoft.com/azure/communication-services/concepts/identity-model#access-tokens
_HOLDS = {
    "voip": frozenset({"voip", "voip.join"}),
    "voip.join": frozenset({"voip.join"}),
    "chat": frozenset({"chat", "chat.join", "chat.join.limited"}),
    "chat.join": frozenset({"chat.join", "chat.join.limited"}),
    "chat.join.limited": frozenset({"chat.join.limited"}),
}


@dataclass(frozen=True, slots=True)
class AcsEntitlement:
    """What a caller may have, and by which policy."""

    policy: AcsPolicy

    def scopes(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Return the scopes of a token: those that were asked for, else those of the policy.

        Raises:
            InputError: something else than a scope is asked for.
            NotAllowedError: more is asked for than the policy gives.
        """
        if wanted is None:
            return self.policy.scopes
        if not wanted or not set(wanted) <= _HOLDS.keys():
            raise InputError("scopes", "they are not scopes", f"some of {', '.join(_HOLDS)}")
        held = frozenset[str]().union(*(_HOLDS[scope] for scope in self.policy.scopes))
        if not set(wanted) <= held:
            raise NotAllowedError(f"the policy at {self.policy.where} does not give these scopes")
        return tuple(dict.fromkeys(wanted))

    def hours(self, wanted: int | None) -> int:
        """Return how long a token lasts: as long as was asked for, else the policy's default.

        Raises:
            InputError: it is asked for less than an hour, or for more than the policy gives.
        """
        return lifetime("hours", wanted, self.policy.default_hours, self.policy.max_hours)


def acs_entitlement_of(rules: AcsRules, caller: Caller) -> AcsEntitlement:
    """Return what a caller gets.

    Raises:
        NotAllowedError: no policy fits.
    """
    for policy in rules.policies:
        if caller.id and fits_caller(policy, caller):
            return AcsEntitlement(policy)
    raise NotAllowedError(f"no policy of acs fits a caller known by {caller.how}")
