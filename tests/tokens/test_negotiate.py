"""What a client that asks for a token is told."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.configuration.tokens import TokenPolicy
from shared.errors import LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.answers import MOST_BYTES, TokenAnswer
from shared.tokens.caller import Caller, CallerKind, UnknownCallerError
from tests.tokens.desk_in_memory import AGENTS, ALICE, BOB, GUESTS, NOBODY, Lobby, claims_of, rules

BACKEND = Caller("carol", frozenset(), CallerKind.KEY)
DOWN = LinekeeperError("the service answers 500", permanent=False)


def test_gives_what_the_policy_names() -> None:
    answer = Lobby().negotiate()

    assert 200 == answer.status
    assert {
        "userId": "alice",
        "hub": "lobby",
        "baseUrl": "wss://lobby.webpubsub.azure.com/client/hubs/lobby",
        "expiresAt": "2026-03-02T12:30:00Z",
        "refreshAfter": "2026-03-02T12:19:30Z",
        "connectAfterMs": 0,
    }.items() <= answer.content.items()
    assert answer.content["url"] == f"{answer.content['baseUrl']}?access_token={answer.content['token']}"
    assert {
        "sub": "alice",
        "role": ["webpubsub.sendToGroup.agents"],
        "webpubsub.group": ["agents", "user-alice"],
    }.items() <= claims_of(answer).items()


def test_the_hub_is_spelt_as_its_resource_spells_it() -> None:
    assert "lobby" == Lobby().negotiate("LOBBY").content["hub"]


@pytest.mark.parametrize(("chance", "at"), [(0.0, "12:15:00"), (1.0, "12:24:00")])
def test_the_time_to_refresh_is_spread_over_the_second_half_of_the_lifetime(chance: float, at: str) -> None:
    assert f"2026-03-02T{at}Z" == Lobby(chance=chance).negotiate().content["refreshAfter"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda lobby: lobby.negotiate(minutes="5"), id="in the query"),
        pytest.param(lambda lobby: lobby.negotiate(body=b'{"minutes": 5}'), id="in the body"),
        pytest.param(
            lambda lobby: lobby.negotiate(body=b'{"minutes": 5.0}'), id="as another JSON library writes it"
        ),
    ],
)
def test_a_token_lasts_as_long_as_was_asked_for(ask: Callable[[Lobby], TokenAnswer]) -> None:
    assert "2026-03-02T12:05:00Z" == ask(Lobby()).content["expiresAt"]


@pytest.mark.parametrize("minutes", ["0", "121", "-1", "1.5", "", "five", "٣", "99999999"])
def test_the_service_would_sign_any_lifetime_and_we_do_not(minutes: str) -> None:
    lobby = Lobby()
    answer = lobby.negotiate(minutes=minutes)

    assert 400 == answer.status
    assert [] == lobby.signer.calls


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"7",
        b'{"minutes": "soon"}',
        b'{"minutes": true}',
        b'{"minutes": 1e400}',
        b"\xff",
        b"[" * 9000,
    ],
)
def test_a_body_that_cannot_be_used_is_refused(body: bytes) -> None:
    assert 400 == Lobby().negotiate(body=body).status


def test_a_body_that_is_too_large_is_refused_before_anybody_is_asked() -> None:
    lobby = Lobby(callers=KnownToNobody())

    assert 413 == lobby.negotiate(body=b" " * (MOST_BYTES + 1)).status


class KnownToNobody:
    caller = ALICE

    def identify(self, *_: object) -> Caller:
        raise AssertionError


def test_who_proves_nothing_is_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lobby = Lobby()
    lobby.callers.caller = UnknownCallerError("the token has expired")

    answer = lobby.negotiate()

    assert (401, {"WWW-Authenticate": "Bearer"}) == (answer.status, answer.headers)
    assert {"said": "the caller is not known; expected a sign-in that the app accepts"} == answer.content
    assert "the token has expired" in caplog.text


@pytest.mark.parametrize(
    ("caller", "hub"),
    [
        pytest.param(NOBODY, "lobby", id="nobody signed in"),
        pytest.param(BACKEND, "lobby", id="a backend where no policy allows its key"),
        pytest.param(ALICE, "trading_floor", id="another hub"),
        pytest.param(ALICE, "", id="no hub"),
    ],
)
def test_whom_no_policy_fits_gets_nothing_and_learns_no_name(caller: Caller, hub: str) -> None:
    lobby = Lobby()
    lobby.callers.caller = caller

    answer = lobby.negotiate(hub)

    assert 403 == answer.status
    assert {
        "said": "this token is not given to the caller; expected rights that a policy gives"
    } == answer.content
    assert [] == lobby.signer.calls


def test_a_policy_may_let_a_key_ask_on_behalf_of_a_user() -> None:
    lobby = Lobby(rules(AGENTS, replace(GUESTS, keys=True)))
    lobby.callers.caller = BACKEND

    assert "carol" == lobby.negotiate().content["userId"]
    assert ("user-carol",) == lobby.signer.calls[0][1].groups


def test_a_policy_may_let_nobody_in_particular_in() -> None:
    lobby = Lobby(rules(TokenPolicy(anonymous=True)))
    lobby.callers.caller = NOBODY

    answer = lobby.negotiate()

    assert (200, None) == (answer.status, answer.content["userId"])
    assert "sub" not in claims_of(answer)


def test_one_caller_that_hammers_is_refused_and_nobody_else() -> None:
    lobby = Lobby(rules(calls_per_minute=3))
    assert [200, 200, 200, 429] == [lobby.negotiate().status for _ in range(4)]

    answer = lobby.negotiate()
    assert ("20", 20_000) == (answer.headers["Retry-After"], answer.content["retryAfterMs"])

    lobby.callers.caller = BOB
    assert 200 == lobby.negotiate().status
    lobby.callers.caller = ALICE
    assert [200, 429] == [lobby.at(20).negotiate().status for _ in range(2)]


def test_a_client_that_asks_once_a_second_for_ever_is_never_refused() -> None:
    """The official JavaScript client does, while what it asked for does not help it."""
    lobby = Lobby()

    assert {200} == {lobby.at(second).negotiate().status for second in range(600)}


def test_whom_nothing_tells_apart_is_not_refused_for_another() -> None:
    lobby = Lobby(rules(TokenPolicy(anonymous=True), calls_per_minute=1))
    lobby.callers.caller = NOBODY

    assert {200} == {lobby.negotiate().status for _ in range(5)}


def test_while_the_service_is_known_to_be_down_it_is_not_asked() -> None:
    lobby = Lobby(chance=0.0)
    lobby.signer.error = DOWN

    answers = [lobby.at(second).negotiate() for second in (0, 1, 4)]

    assert {503} == {answer.status for answer in answers}
    assert ["5", "4", "1"] == [answer.headers["Retry-After"] for answer in answers]
    assert 1 == len(lobby.signer.calls)

    lobby.signer.error = None
    assert [200, 200] == [lobby.at(second).negotiate().status for second in (5, 5.1)]


def test_clients_are_not_told_to_come_back_all_at_once() -> None:
    waits = []
    for chance in (0.0, 0.999):
        lobby = Lobby(chance=chance)
        lobby.signer.error = DOWN
        waits.append(lobby.negotiate().content["retryAfterMs"])

    assert [5_000, 10_000] == waits


def test_what_the_service_asks_for_itself_is_kept() -> None:
    lobby = Lobby(chance=0.0)
    lobby.signer.error = DependencyDownError("Web PubSub", timedelta(seconds=17))

    assert "17" == lobby.negotiate().headers["Retry-After"]


@pytest.mark.parametrize(
    "error", [DOWN, ValueError("no exp"), KeyError("exp"), LinekeeperError("the setting is missing")]
)
def test_whatever_keeps_the_signer_from_signing_is_503(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    lobby = Lobby()
    lobby.signer.error = error

    answer = lobby.negotiate()

    assert 503 == answer.status
    assert {"said", "retryAfterMs"} == set(answer.content)
    assert "setting" not in str(answer.content)
    assert logging.ERROR in {record.levelno for record in caplog.records}


def test_keys_of_an_issuer_that_cannot_be_had_are_503() -> None:
    lobby = Lobby()
    lobby.callers.caller = LinekeeperError("the keys cannot be fetched", permanent=False)

    assert 503 == lobby.negotiate().status
