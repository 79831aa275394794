"""Two hosts in one process, with all that may go wrong drawn from a seed: whatever happens, the laws hold.

`make simulate SEEDS=10000` plays many; `python -m tests.simulation --seed N` plays one, makes it small where it fails, and
prints a line for each of its requests.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests import drawn
from tests.simulation.races import RACES
from tests.simulation.shrink import shrunk, told
from tests.simulation.stage import Outcome, run, stage

SECONDS = 60  # of one core, which `make test` spends on seeds; TEST_SIMULATION_SECONDS says otherwise
PARTS = 3  # of them, which different workers may play
MOST = 2_000
PART = 100
RACE = "an id comes from the clock"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with stage() as folder:
        yield folder


def checked(seed: int, folder: Path) -> Outcome:
    """Play a seed that must not fail; where it does, say so as small as it gets."""
    outcome = run(seed, folder)
    if outcome.wrong:
        pytest.fail(told(shrunk(outcome, partial(run, seed, folder))))
    return outcome


def first_to_find(race: str, folder: Path, most: int) -> Outcome | None:
    """Plant a fault, and return the first seed that fails."""
    with pytest.MonkeyPatch.context() as patch:
        RACES[race](patch)
        return next((outcome for seed in range(most) if (outcome := run(seed, folder)).wrong), None)


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_two_hosts_the_laws_hold(
    folder: Path, part: int, record_property: Callable[[str, object], None]
) -> None:
    """As many seeds as fit in the time, the same in each run; `make simulate` and `make thorough` play others."""
    seconds = float(os.environ.get("TEST_SIMULATION_SECONDS", SECONDS)) / PARTS
    first = part * MOST
    began, seeds, requests = time.process_time(), 0, 0
    while time.process_time() - began < seconds:
        requests += checked(first + seeds, folder).requests
        seeds += 1
    record_property(
        "figure", f"{seeds} seeds of two hosts from {first} on, {requests} requests, in {seconds:.0f} s"
    )

    assert seeds


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, MOST, PART))
def test_in_each_of_many_seeds_the_laws_hold(folder: Path, first: int) -> None:
    outcomes = [checked(seed, folder) for seed in range(first, first + PART)]

    assert PART == len(outcomes)


@pytest.mark.parametrize("race", drawn.cases("planted races", RACES, 1))
def test_a_race_that_is_planted_is_found(
    folder: Path, race: str, record_property: Callable[[str, object], None]
) -> None:
    outcome = first_to_find(race, folder, MOST)

    assert outcome is not None
    assert outcome.wrong.startswith("LawBrokenError"), (
        outcome.wrong
    )  # and not because the fault no longer fits the code
    record_property("print", f"{race}: found by seed {outcome.seed}: {outcome.wrong[:120]}")


def test_the_same_seed_leaves_the_same_trace_in_any_process(folder: Path) -> None:
    seeds = (3, 14)
    here = [told(run(seed, folder)) for seed in seeds]
    code = f"from tests.simulation.stage import *; from tests.simulation.shrink import told\nwith stage() as f: print('\\n'.join(told(run(s, f)) for s in {seeds}))"
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "14", "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert here == [told(run(seed, folder)) for seed in seeds]
    assert "\n".join(here) == there.stdout.rstrip("\n")


def test_with_the_clients_of_the_sdks_a_seed_goes_as_without(folder: Path) -> None:
    """Where nothing goes wrong every request is the same; what stands for the SDKs is held to them by that."""
    calm = frozenset({"story: alert 0", "story: the lobby refuses connects"})
    without, with_sdks = (run(2, folder, calm, sdk=sdk) for sdk in (False, True))

    assert ("", "") == (without.wrong, with_sdks.wrong)
    assert (without.requests, without.cards) == (with_sdks.requests, with_sdks.cards)


def test_a_failing_seed_gets_small_and_tells_each_of_its_requests(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        RACES[RACE](patch)
        outcome = next(outcome for seed in range(MOST) if (outcome := run(seed, folder)).wrong)
        small = shrunk(outcome, partial(run, outcome.seed, folder), most_runs=25)

    assert outcome.kind == small.kind
    assert len(small.made) < len(outcome.made)
    assert small.requests <= len(told(small).splitlines())
