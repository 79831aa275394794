"""What must hold of the keepalive comb for any traffic, not only for ours."""

import random

from ask_transcription import ask
from hypothesis import given
from hypothesis import strategies as st

from local.rows.transcription_rows import Row, closed, session, spread
from tests import drawn

CHECK = "server-keepalive-timeout"

# Each example is a whole query on a workspace of its own: few of them, and large ones.
few = drawn.examples("worlds of each property of the comb", 2, 20, derandomize=True)
seeds = st.integers(0, 10**6)


def random_life(dice: random.Random, shape: str) -> float:
    """A lifetime from a distribution without a comb."""
    if shape == "uniform":
        return dice.uniform(1, 400)
    return dice.expovariate(1 / 90) if shape == "exponential" else dice.lognormvariate(4.5, 0.7)


def beat(dice: random.Random, interval: float, timeout: float, jitter: float) -> float:
    """A killed socket's lifetime: each further beat is half as likely."""
    number = 1
    while dice.random() < 0.5 and number < 8:
        number += 1
    return number * interval + timeout + dice.uniform(-jitter, jitter)


@few
@given(seeds, st.sampled_from(["uniform", "exponential", "talk"]), st.integers(20, 400))
def test_random_lifetimes_never_look_like_a_comb(seed: int, shape: str, count: int) -> None:
    dice = random.Random(seed)
    rows = [session(second, 0.5 + random_life(dice, shape)) for second in spread(count)]

    assert "supported" != ask(CHECK, ACSCallAutomationStreamingUsage=rows)["Verdict"]


@few
@given(seeds, st.sampled_from(["uniform", "exponential", "talk"]), st.integers(20, 400))
def test_random_drops_never_look_like_a_comb(seed: int, shape: str, count: int) -> None:
    dice = random.Random(seed)

    assert (
        "supported"
        != ask(CHECK, [closed(second, random_life(dice, shape)) for second in spread(count)])["Verdict"]
    )


@few
@given(seeds, st.floats(0, 0.5), st.integers(100, 400), st.floats(0, 1.45))
def test_a_comb_is_found_under_as_much_noise_as_signal(
    seed: int, noise: float, count: int, jitter: float
) -> None:
    dice = random.Random(seed)
    lives = [
        random_life(dice, "talk") if number < noise * count else beat(dice, 20, 20, jitter)
        for number in range(count)
    ]
    dice.shuffle(lives)
    rows = [session(second, life) for second, life in zip(spread(count), lives, strict=True)]

    assert "supported" == ask(CHECK, ACSCallAutomationStreamingUsage=rows)["Verdict"]


@few
@given(seeds, st.integers(10, 90), st.integers(10, 120), st.integers(40, 150))
def test_a_comb_is_found_whatever_the_ping_settings(
    seed: int, interval: int, timeout: int, count: int
) -> None:
    dice = random.Random(seed)
    pings = {"ping_interval_s": interval, "ping_timeout_s": timeout}
    rows: list[Row] = [
        closed(second, beat(dice, interval, timeout, 0.2), **pings) for second in spread(count)
    ]

    assert "supported" == ask(CHECK, rows)["Verdict"]
