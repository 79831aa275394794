"""A token for the next connection: for the same user, with the same rights, while a policy still gives them."""

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration.tokens import TokenPolicy
from shared.tokens.answers import TokenRequest
from shared.tokens.negotiate import answer_refresh
from tests.tokens.desk_in_memory import AGENTS, BOB, ENDPOINT, GUESTS, NOBODY, NOON, Lobby, claims_of, rules

LOBBY = f"{ENDPOINT}/client/hubs/lobby"


def forged(**claims: Any) -> str:
    """Return a token that nobody proves."""
    return jwt.encode({"aud": LOBBY, **claims}, "nobody knows this key, and nobody asks for it")


def test_the_next_token_is_for_the_same_user_and_rights() -> None:
    lobby = Lobby()
    first = lobby.negotiate()

    second = lobby.at(1200).refresh(first.content["token"])

    assert 200 == second.status
    assert "2026-03-02T12:50:00Z" == second.content["expiresAt"]
    assert claims_of(first) | {"exp": 0} == claims_of(second) | {"exp": 0}


def test_a_token_that_has_ended_is_refreshed_too() -> None:
    """Whoever slept through the end of a token needs the next one all the more."""
    lobby = Lobby()
    token = lobby.negotiate().content["token"]

    assert 200 == lobby.at(86_400).refresh(token).status


def test_it_gives_no_more_than_the_earlier_token_had() -> None:
    lobby = Lobby()
    answer = lobby.refresh(forged(sub="alice", role="webpubsub.sendToGroup.agents"))

    claims = claims_of(answer)
    assert (["webpubsub.sendToGroup.agents"], None) == (claims["role"], claims.get("webpubsub.group"))


def test_rights_that_were_withdrawn_are_refused() -> None:
    token = Lobby().negotiate().content["token"]
    poorer = replace(AGENTS, groups=("agents",))

    assert 403 == Lobby(rules(poorer)).refresh(token).status
    assert 403 == Lobby(rules(TokenPolicy(users=("bob",)))).refresh(token).status


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"sub": "bob"}, id="another's"),
        pytest.param({}, id="nobody's"),
        pytest.param({"sub": "alice", "role": ["webpubsub.sendToGroup"]}, id="a role that nobody gave"),
        pytest.param({"sub": "alice", "webpubsub.group": "vip"}, id="a group that nobody gave"),
        pytest.param({"sub": "alice", "aud": f"{ENDPOINT}/client/hubs/vault"}, id="of another hub"),
    ],
)
def test_a_token_that_the_caller_could_not_have_is_refused(claims: dict[str, Any]) -> None:
    lobby = Lobby()

    assert 403 == lobby.refresh(forged(**claims)).status
    assert [] == lobby.signer.calls


def test_one_without_a_user_is_refreshed_for_nobody() -> None:
    lobby = Lobby(rules(TokenPolicy(anonymous=True)))
    lobby.callers.caller = NOBODY

    assert 200 == lobby.refresh(forged()).status


@pytest.mark.parametrize(
    "token",
    [
        None,
        7,
        "",
        "a.b",
        "a.b.c",
        "a.e30.c",
        "x" * 20_000,
        forged(sub=["alice"]),
        forged(role=[7]),
        forged(aud="https://lobby.webpubsub.azure.com/api/hubs/lobby"),
        forged(aud=[LOBBY]),
        forged(aud=f"{ENDPOINT}/client/hubs/"),
        forged(role=["r"] * 1001),
        "e30." + base64.urlsafe_b64encode(b'{"a":' * 2000).decode().rstrip("=") + ".",
    ],
)
def test_what_is_not_a_token_of_a_client_is_refused(token: object) -> None:
    assert 400 == Lobby().refresh(token).status


def test_a_refresh_is_not_a_connection_and_so_no_part_of_a_storm() -> None:
    lobby = Lobby(rules(connects_per_second=1))
    token = lobby.negotiate().content["token"]

    answers = [lobby.refresh(token) for _ in range(50)]

    assert {0} == {answer.content["connectAfterMs"] for answer in answers}


def test_who_refreshes_in_a_storm_and_then_connects_waits_as_long_as_the_others() -> None:
    lobby = Lobby(rules(connects_per_second=1, calls_per_minute=1000))
    answers = [lobby.negotiate() for _ in range(50)]
    token = answers[0].content["token"]

    assert 30_000 < int(str(lobby.refresh(token).content["connectAfterMs"])) < 70_000


def test_one_caller_that_refreshes_all_the_time_is_refused() -> None:
    lobby = Lobby(rules(calls_per_minute=2))
    token = lobby.negotiate().content["token"]

    assert [200, 429] == [lobby.refresh(token).status for _ in range(2)]


NAMES = st.sampled_from(["agents", "user-alice", "user-bob", "vip", "*", ""])
ROLES = st.sampled_from(["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"]).flatmap(
    lambda kind: NAMES.map(lambda name: f"{kind}.{name}" if name else kind)
)


@given(
    caller=st.sampled_from([BOB, Lobby().callers.caller]),
    user=st.sampled_from(["alice", "bob", "carol", ""]),
    roles=st.lists(ROLES, max_size=4),
    groups=st.lists(NAMES, max_size=4),
)
def test_no_token_that_was_made_up_gives_more_than_the_policy(
    caller: Any, user: str, roles: list[str], groups: list[str]
) -> None:
    lobby = Lobby()
    lobby.callers.caller = caller
    given_rights = claims_of(lobby.negotiate())

    answer = lobby.refresh(forged(sub=user, role=roles, **{"webpubsub.group": groups}))

    assert answer.status in {200, 403}
    if answer.status == 200:
        claims = claims_of(answer)
        assert caller.id == claims["sub"]
        assert set(claims.get("role", ())) <= set(given_rights.get("role", ()))
        assert set(claims.get("webpubsub.group", ())) <= set(given_rights["webpubsub.group"])


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["token", "minutes"]) | st.text(), inner, max_size=4)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_body_is_answered(body: bytes) -> None:
    answer = answer_refresh(Lobby().desk, TokenRequest({}, body), NOON)

    assert answer.status in {400, 403}
    assert "; expected " in json.loads(answer.body)["said"]


@given(
    st.dictionaries(
        st.sampled_from(["aud", "sub", "role", "webpubsub.group", "exp"]),
        st.none()
        | st.integers()
        | st.text()
        | st.lists(st.text() | st.integers(), max_size=3)
        | st.just(LOBBY),
    )
)
def test_any_claims_are_answered(claims: dict[str, Any]) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    assert Lobby().refresh(f"e30.{payload}.").status in {400, 403}


def test_guests_have_a_policy_of_their_own() -> None:
    lobby = Lobby()
    lobby.callers.caller = BOB

    assert GUESTS.default_minutes == lobby.desk.rules.resources[0].hubs[0].policies[1].default_minutes
    assert "2026-03-02T12:10:00Z" == lobby.negotiate().content["expiresAt"]
