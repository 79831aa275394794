"""A step that loses races to other instances is called again, but not for ever."""

import pytest

from shared.errors import LinekeeperError
from shared.races import LostRaceError, until_won


class Lobby:
    """A row that other instances write first, so many times."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.calls = 0

    def step(self) -> str | None:
        self.calls += 1
        if self.calls <= self.losses:
            raise LostRaceError(f"lobby, time {self.calls},")
        return "lobby is ours"


@pytest.mark.parametrize(
    ("losses", "calls"),
    [
        pytest.param(0, 1, id="nobody else writes"),
        pytest.param(1, 2, id="another instance is first once"),
        pytest.param(2, 3, id="the last try wins"),
    ],
)
def test_returns_what_the_first_step_that_wins_returns(losses: int, calls: int) -> None:
    lobby = Lobby(losses)

    assert ("lobby is ours", calls) == (until_won(lobby.step, tries=3), lobby.calls)


@pytest.mark.parametrize("tries", [1, 3])
def test_raises_the_last_loss_after_so_many_tries(tries: int) -> None:
    lobby = Lobby(losses=1_000)

    with pytest.raises(LostRaceError, match=f"lobby, time {tries}, was changed by another instance"):
        until_won(lobby.step, tries=tries)
    assert tries == lobby.calls


def test_a_step_that_wins_may_return_nothing() -> None:
    calls: list[str] = []

    until_won(lambda: calls.append("lobby"), tries=3)

    assert ["lobby"] == calls


def test_another_error_is_raised_at_once() -> None:
    calls: list[str] = []

    def step() -> None:
        calls.append("lobby")
        raise LinekeeperError("storage does not answer", permanent=False)

    with pytest.raises(LinekeeperError, match="storage does not answer"):
        until_won(step, tries=3)
    assert ["lobby"] == calls
