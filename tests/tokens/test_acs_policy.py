"""Which scopes a caller gets, and for how long."""

import pytest

from shared.configuration.tokens_acs import AcsPolicy, AcsRules
from shared.errors import InputError
from shared.tokens.acs_policy import acs_entitlement_of
from shared.tokens.caller import ANONYMOUS, Caller, CallerKind
from shared.tokens.policy import NotAllowedError

ALICE = Caller("alice", frozenset({"agent"}), CallerKind.TOKEN)
BOB = Caller("bob", frozenset(), CallerKind.APP_SERVICE)
BACKEND = Caller("carol", frozenset(), CallerKind.KEY)
AGENTS = AcsPolicy(("voip", "chat.join"), caller_roles=("agent",), max_hours=8, default_hours=2)
GUESTS = AcsPolicy(("voip.join",))
RULES = AcsRules((AGENTS, GUESTS))


def test_the_first_policy_that_fits_decides() -> None:
    assert [("voip", "chat.join"), ("voip.join",)] == [
        acs_entitlement_of(RULES, caller).scopes(None) for caller in (ALICE, BOB)
    ]


@pytest.mark.parametrize("caller", [ANONYMOUS, BACKEND, Caller("", frozenset(), CallerKind.KEY)])
def test_nobody_else_gets_anything(caller: Caller) -> None:
    with pytest.raises(NotAllowedError):
        acs_entitlement_of(RULES, caller)
    with pytest.raises(NotAllowedError):
        acs_entitlement_of(AcsRules(), ALICE)


def test_a_backend_asks_where_a_policy_allows_it() -> None:
    rules = AcsRules((AGENTS, AcsPolicy(("chat",), users=("carol",), keys=True)))

    assert ("chat",) == acs_entitlement_of(rules, BACKEND).scopes(None)


@pytest.mark.parametrize("wanted", [["voip"], ["voip.join"], ["chat.join.limited", "voip"]])
def test_a_caller_may_ask_for_less(wanted: list[str]) -> None:
    assert tuple(wanted) == acs_entitlement_of(RULES, ALICE).scopes(wanted)


@pytest.mark.parametrize("wanted", [["chat"], ["voip", "chat"]])
def test_a_caller_does_not_get_more(wanted: list[str]) -> None:
    with pytest.raises(NotAllowedError):
        acs_entitlement_of(RULES, ALICE).scopes(wanted)


@pytest.mark.parametrize("wanted", [[], ["everything"], ["VOIP"]])
def test_what_is_not_a_scope_is_refused(wanted: list[str]) -> None:
    with pytest.raises(InputError, match="scopes: they are not scopes"):
        acs_entitlement_of(RULES, ALICE).scopes(wanted)


@pytest.mark.parametrize(("wanted", "hours"), [(None, 2), (1, 1), (8, 8)])
def test_a_token_lasts_as_long_as_is_asked(wanted: int | None, hours: int) -> None:
    assert hours == acs_entitlement_of(RULES, ALICE).hours(wanted)


@pytest.mark.parametrize("wanted", [0, -1, 9, 24, 25])
def test_no_other_lifetime_is_given(wanted: int) -> None:
    with pytest.raises(InputError, match="hours: it is out of range; expected 1 to 8"):
        acs_entitlement_of(RULES, ALICE).hours(wanted)
