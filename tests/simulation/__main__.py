"""Play many seeds: `python -m tests.simulation SEEDS [FIRST]`; or one, with its trace: `python -m tests.simulation --seed N`."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.shrink import shrunk, told
from tests.simulation.stage import Outcome, run, stage

_PART = 20  # seeds that one process plays at a time


def play(seeds: Sequence[int]) -> list[Outcome]:
    """Play some seeds in this process."""
    with stage() as folder:
        return [run(seed, folder) for seed in seeds]


def play_and_shrink(seed: int) -> Outcome:
    """Play a seed, and make it small where it fails."""
    with stage() as folder:
        outcome = run(seed, folder)
        return shrunk(outcome, partial(run, seed, folder)) if outcome.wrong else outcome


def outcomes(first: int, count: int) -> Iterator[Outcome]:
    """Play many seeds on all cores."""
    parts = [range(start, min(start + _PART, first + count)) for start in range(first, first + count, _PART)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(play, parts):
            yield from part


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, and print the seeds that fail; the status is 1 where one does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=1000, help="how many (default: 1000)")
    parser.add_argument("first", type=int, nargs="?", default=0, help="the first of them (default: 0)")
    parser.add_argument("--seed", type=int, help="play this one alone, and print a line for each request")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        outcome = play_and_shrink(options.seed)
        print(told(outcome))
        return int(bool(outcome.wrong))
    began, failing, requests = time.monotonic(), [], 0
    for number, outcome in enumerate(outcomes(options.first, options.seeds), 1):
        requests += outcome.requests
        if outcome.wrong:
            failing.append(outcome.seed)
            print(f"seed {outcome.seed} ({len(outcome.made)} decisions): {outcome.wrong[:400]}", flush=True)
        if number % 500 == 0:
            print(f"{number} seeds, {requests} requests, {time.monotonic() - began:.0f} s", flush=True)
    print(
        f"{options.seeds} seeds of two hosts with {requests} requests in {time.monotonic() - began:.0f} s; {len(failing)} fail"
    )
    if failing:
        print(
            f"`python -m tests.simulation --seed {failing[0]}` makes the first small, and prints its requests"
        )
    return int(bool(failing))


if __name__ == "__main__":
    sys.exit(main())
