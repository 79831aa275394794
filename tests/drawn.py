"""Draw a sample of a long matrix for `make test`; `make thorough` runs all of it.

The seed of a run is new each time, and is printed at the run's end with what was drawn. `TEST_SEED=<seed> make test`
draws the same again.
"""

import os
import random
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import hypothesis
import pytest
from hypothesis.stateful import RuleBasedStateMachine

Item = TypeVar("Item")
Test = TypeVar("Test", bound=Callable[..., Any])

# The workers of pytest-xdist inherit the environment, so all of them draw the same.
SEED = int(os.environ.setdefault("TEST_SEED", str(secrets.randbelow(1_000_000))))
_THOROUGHLY = "TEST_THOROUGHLY"


def be_thorough() -> None:
    """Let what is counted in examples run all of them, in this process and in those that it starts."""
    os.environ[_THOROUGHLY] = "yes"


def cases(
    matrix: str,
    ids: Iterable[str],
    number: int,
    *,
    always: Sequence[str] = (),
    of: Callable[[str], Any] = str,
) -> list[Any]:
    """Return a parameter for each id. `make test` runs those that are always run and a number of the others."""
    ids = list(ids)
    others = [id_ for id_ in ids if id_ not in always]
    chosen = {*always, *random.Random(f"{SEED} {matrix}").sample(others, min(number, len(others)))}
    sample = _sample(matrix, 0, len(ids))
    marks = {id_: [pytest.mark.thorough, *([sample] if id_ in chosen else [])] for id_ in ids}
    return [pytest.param(of(id_), id=id_, marks=marks[id_]) for id_ in ids]


def items(matrix: str, every: Sequence[Item], number: int) -> Sequence[Item]:
    """Return all items in `make thorough`, and as many as `make test` tries otherwise; keep their order."""
    if _THOROUGHLY in os.environ:
        return every
    places = random.Random(f"{SEED} {matrix}").sample(range(len(every)), min(number, len(every)))
    return [every[place] for place in sorted(places)]


def both(test: Test) -> Test:
    """Let a test that draws by itself run in `make test` and in `make thorough`."""
    marked: Test = pytest.mark.thorough(pytest.mark.sample(test))
    return marked


def examples(
    matrix: str, number: int, thorough: int, *, derandomize: bool = False, **options: Any
) -> Callable[[Test], Test]:
    """Give a property as many examples as `make test` tries, from the run's seed, and more in `make thorough`.

    With `derandomize` they are the same each time.
    """

    def decorate(test: Test) -> Test:
        size = _size(number, thorough)
        if not derandomize:
            test = hypothesis.seed(SEED)(test)
        limits = hypothesis.settings(max_examples=size, derandomize=derandomize, **options)
        marked: Test = pytest.mark.thorough(_sample(matrix, size, thorough)(limits(test)))
        return marked

    return decorate


def runs(matrix: str, machine: type[RuleBasedStateMachine], number: int, thorough: int, steps: int) -> Any:
    """Return the test case of a state machine, with as many runs as `examples` gives a property."""
    size = _size(number, thorough)
    test_case: Any = hypothesis.seed(SEED)(machine).TestCase
    test_case.settings = hypothesis.settings(max_examples=size, stateful_step_count=steps)
    return pytest.mark.thorough(_sample(matrix, size, thorough)(test_case))


def coverage(reports: Iterable[Any]) -> list[str]:
    """Return what was run of each matrix: "12 of 56 diagnosed cases"."""
    parts: dict[str, set[str]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "sample":
                matrix, count, size = value
                parts.setdefault(matrix, set()).add(report.nodeid)
                sizes[matrix] = count, size
    return [
        f"{count or len(parts[matrix])} of {size} {matrix}" for matrix, (count, size) in sorted(sizes.items())
    ]


def _sample(matrix: str, count: int, size: int) -> pytest.MarkDecorator:
    """Mark a test that is so many of a matrix; with a count of 0, each test is one of them."""
    return pytest.mark.sample(matrix, count, size)


def _size(number: int, thorough: int) -> int:
    return thorough if _THOROUGHLY in os.environ else number
