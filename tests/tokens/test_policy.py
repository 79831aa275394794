"""A policy gives what it names, to those whom it names, and nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.configuration.tokens import TokenPolicy, TokenRules, is_wide, usable_token_rules
from shared.errors import InputError
from shared.tokens.caller import Caller, CallerKind
from shared.tokens.policy import NotAllowedError, entitlement_of
from tests.tokens.desk_in_memory import AGENTS, ALICE, BOB, GUESTS, NOBODY, rules

IDS = st.sampled_from(["alice", "bob", "a*", "?", "agents", "x.y", "*", "{user}"]) | st.text(
    min_size=1, max_size=20
)
KINDS = st.sampled_from([CallerKind.APP_SERVICE, CallerKind.TOKEN, CallerKind.KEY])
SIGNED_IN = st.builds(Caller, IDS, st.frozensets(st.sampled_from(["agent", "lead", "guest"])), KINDS)
CALLERS = SIGNED_IN | st.just(NOBODY)
GROUPS = st.sampled_from(["agents", "user-{user}", "news", "vip"])
NARROW = st.builds("webpubsub.{}.{}".format, st.sampled_from(["sendToGroup", "joinLeaveGroup"]), GROUPS)
POLICIES = st.builds(
    TokenPolicy,
    caller_roles=st.lists(st.sampled_from(["agent", "lead"]), max_size=2).map(tuple),
    users=st.lists(st.sampled_from(["alice", "bob"]), max_size=2).map(tuple),
    roles=st.lists(NARROW, max_size=3).map(tuple),
    groups=st.lists(GROUPS, max_size=3).map(tuple),
    anonymous=st.booleans(),
    keys=st.booleans(),
)


def test_the_first_policy_that_fits_decides() -> None:
    assert AGENTS == entitlement_of(rules(), "lobby", ALICE).policy
    assert GUESTS == entitlement_of(rules(), "lobby", BOB).policy


def test_nothing_is_given_by_default() -> None:
    with pytest.raises(NotAllowedError):
        entitlement_of(TokenRules(), "lobby", ALICE)
    with pytest.raises(NotAllowedError):
        entitlement_of(rules(TokenPolicy(users=("bob",))), "lobby", ALICE)


@pytest.mark.parametrize("user", ["*", "a?"])
def test_a_user_whose_id_would_be_a_pattern_gets_nothing(user: str) -> None:
    caller = Caller(user, frozenset(), CallerKind.KEY)

    with pytest.raises(NotAllowedError, match="pattern"):
        entitlement_of(rules(TokenPolicy(keys=True, groups=("user-{user}",))), "lobby", caller)


@pytest.mark.parametrize("minutes", [0, -5, 121, 10**9])
def test_a_lifetime_outside_of_the_policy_is_refused(minutes: int) -> None:
    with pytest.raises(InputError, match="expected 1 to 120"):
        entitlement_of(rules(), "lobby", ALICE).minutes(minutes)


@given(st.lists(POLICIES, max_size=4), CALLERS)
def test_a_caller_gets_the_rights_of_one_policy_that_names_it(
    policies: list[TokenPolicy], caller: Caller
) -> None:
    declared = rules(*policies) if policies else TokenRules()
    try:
        entitlement = entitlement_of(declared, "lobby", caller)
    except NotAllowedError:
        return
    policy, rights = entitlement.policy, entitlement.rights

    assert policy in policies
    assert caller.id == rights.user
    assert [text.replace("{user}", caller.id) for text in policy.roles] == list(rights.roles)
    assert [text.replace("{user}", caller.id) for text in policy.groups] == list(rights.groups)
    assert caller.how is not CallerKind.ANONYMOUS or policy.anonymous
    assert caller.how is not CallerKind.KEY or policy.keys
    if caller.how is not CallerKind.ANONYMOUS:
        assert not policy.caller_roles or caller.roles & set(policy.caller_roles)
        assert not policy.users or caller.id in policy.users
    assert not [text for text in (*rights.roles, *rights.groups) if "*" in text or "?" in text]


@given(st.lists(POLICIES, min_size=1, max_size=4), CALLERS, st.integers(0, 3))
def test_a_policy_less_never_lets_anybody_in(
    policies: list[TokenPolicy], caller: Caller, left_out: int
) -> None:
    """Without a policy a caller may get another one's rights, but nobody enters who could not before.

    But whose id would be a pattern: the first policy refuses it, and the next may not.
    """
    assume(not {"*", "?"} & set(caller.id))
    fewer = [policy for n, policy in enumerate(policies) if n != left_out]

    def enters(some: list[TokenPolicy]) -> bool:
        try:
            entitlement_of(rules(*some) if some else TokenRules(), "lobby", caller)
        except NotAllowedError:
            return False
        return True

    assert enters(policies) or not enters(fewer)


ROLE_TEXTS = st.builds(
    "webpubsub.{}{}{}".format,
    st.sampled_from(["sendToGroup", "joinLeaveGroup", "sendToGroups", "joinLeaveGroups", "invoke"]),
    st.sampled_from([".", ""]),
    st.sampled_from(["", "news", "news-*", "**", "a?", "user-{user}", "*-{user}"]),
)


@given(
    st.lists(ROLE_TEXTS, max_size=3),
    st.lists(st.sampled_from(["news", "*", "a?", "user-{user}"]), max_size=3),
    st.booleans(),
)
def test_a_file_never_gives_a_pattern_that_it_does_not_allow(
    roles: list[str], groups: list[str], patterns: bool
) -> None:
    policy = f"{{roles: {roles!r}, groups: {groups!r}, group_patterns: {str(patterns).lower()}}}"
    text = f"web_pubsub: [{{resource: lobby, hubs: [{{hub: lobby, policies: [{policy}]}}]}}]"
    with TemporaryDirectory() as folder:
        (Path(folder) / "tokens.yaml").write_text(text, encoding="utf-8")
        read, problems = usable_token_rules(Path(folder))

    try:
        rights = entitlement_of(read, "lobby", ALICE).rights
    except NotAllowedError:
        assert problems
        return
    assert patterns or not [role for role in rights.roles if is_wide(role)]
    assert not [group for group in rights.groups if "*" in group or "?" in group]
    assert not [role for role in rights.roles if is_wide(role) and "alice" in role]
