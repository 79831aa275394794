"""Work out the thresholds of the sequential test and write them: `python -m bench.card.make_thresholds`.

It takes minutes on one core; the file is data that ships, and `python -m bench --only card` verifies it.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.card.run_length import threshold_of
from shared.objectives import sequential

FILE = Path(sequential.__file__).with_name("thresholds.yaml")
ALTERNATIVES = (0.005, 0.02, 0.1, 0.4)
# Minutes to a false alarm of one alternative alone: 40 days. Four with a quarter of a level each run about three times as
# long as that level, for they alarm together (`python -m bench --only card` prints it): 40 days / 4 * 3 are 30 days.
RUN_LENGTH = 40 * 24 * 60

EXPECTED = tuple(
    round(10 ** (quarter / 4), 5) for quarter in range(-12, 11)
)  # 0.001 to 316 bad events a minute
DISPERSION = (0, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
RATIO = (2, 5, 10, 20, 50, 100, 400, 4000)

_HEAD = """\
# From which value on the statistic of an alternative is an alarm. Written by `python -m bench.card.make_thresholds`,
# verified by `python -m bench --only card`; change it there.
#
# The test: Page, E. S. (1954), Continuous inspection schemes, Biometrika 41, 100-115.
# That no test with as few false alarms sees a fault much sooner, and that the logarithm of the run length is always
# enough: Lorden, G. (1971), Procedures for reacting to a change in distribution, Ann. Math. Statist. 42, 1897-1908.
# The thresholds: the Markov chain of Brook, D. and Evans, D. A. (1972), An approach to the probability distribution of
# cusum run length, Biometrika 59, 539-549, for negative binomial counts.
"""


def main() -> None:
    """Write the file."""
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(_row, *zip(*_cells(), strict=True)))
    FILE.write_text("".join(_lines(rows)), encoding="utf-8")


def _cells() -> Iterator[tuple[float, float]]:
    yield from ((dispersion, ratio) for dispersion in DISPERSION for ratio in RATIO)


def _row(dispersion: float, ratio: float) -> str:
    return " ".join(f"{threshold_of(expected, dispersion, ratio, RUN_LENGTH):.2f}" for expected in EXPECTED)


def _lines(rows: list[str]) -> Iterator[str]:
    yield _HEAD
    yield f"""
alternatives: [{_listed(ALTERNATIVES)}] # shares of bad events that a fault may have
run_length: {RUN_LENGTH} # minutes to a false alarm of one alternative alone; together they have less than one in 30 days

expected: [{_listed(EXPECTED)}] # bad events of a usual minute
dispersion: [{_listed(DISPERSION)}] # the variance of a mean m is m + dispersion * m²
ratio: [{_listed(RATIO)}] # the share of the alternative, in times of the usual one

# For each dispersion a list, in it for each ratio a row, in it the thresholds along `expected`.
thresholds:
"""
    for number, row in enumerate(rows):
        yield f'  {"-" if number % len(RATIO) == 0 else " "} - "{row}"\n'


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    main()
