"""The tables of `python -m bench --only card`: first cards, false alarms and run lengths, on three noises in one run."""

import math
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import NamedTuple

from rich.console import Group
from rich.table import Table

from bench.card.false_alarms import upper_bound
from bench.card.noise import DISPERSION, MONTH, NOISES, USUAL, Noise
from bench.card.run_length import counts_of, run_lengths, simulated_run_length
from bench.card.trial import LASTS, METRICS_LAG, SHARES, Fault, Told, Trial, trial
from shared.objectives.sequential.score import weights_of
from shared.objectives.sequential.thresholds import thresholds

RATES = (20, 200, 2000)  # events a minute
SIGNALS = 20  # of each noise and rate, each learned and judged for itself
DAYS = 30  # that each is judged: 1,800 for each noise
TWO_BUCKETS = 10  # minutes
SHORT = 1000  # minutes: a run length that can be simulated
RUNS = 2000
_LATTICE = 0.02
# Expected bad events of a minute, dispersion, and times the usual share: those of the signals above, and of busier ones.
_CHAINS = (
    (0.02, 0, (5,)),
    (0.02, DISPERSION, (20,)),
    (0.2, 1, (20,)),
    (2, DISPERSION, (20,)),
    (20, 0.3, (2,)),
    (20, DISPERSION, (100,)),
    (0.2, 1, (5, 20, 100, 400)),
    (2, DISPERSION, (5, 20, 100, 400)),
)


class _Mix(NamedTuple):
    noise: Noise
    rate: int
    trials: Sequence[Trial]

    def faults(self, share: float | None = None) -> list[Fault]:
        """Return the faults of one share, or all."""
        return [
            fault for each in self.trials for fault in each.faults if share is None or fault.share == share
        ]

    @property
    def false_alarms(self) -> int:
        """All false alarms."""
        return sum(each.false_alarms for each in self.trials)

    @property
    def months(self) -> float:
        """How long false alarms were counted, in months of 30 days."""
        return sum(each.days for each in self.trials) / 30


def measure(seeds: int) -> Group:
    """Learn, judge and break so many signals: about `seeds` faults of each mix."""
    faults = max(1, seeds // SIGNALS)
    kinds = [(noise, rate) for noise in NOISES for rate in RATES]
    with ProcessPoolExecutor() as pool:
        running = [
            [pool.submit(trial, noise, rate, seed, DAYS, faults) for seed in range(SIGNALS)]
            for noise, rate in kinds
        ]
        lengths = [pool.submit(_run_of, *chain) for chain in _CHAINS]
        mixes = [
            _Mix(*kind, [one.result() for one in trials]) for kind, trials in zip(kinds, running, strict=True)
        ]
        rows = [row.result() for row in lengths]
    return Group(_first_cards(mixes), "", _false_alarms(mixes), "", _chains(rows))


def _first_cards(mixes: Sequence[_Mix]) -> Table:
    table = _table(
        f"Minutes from the first failing second to the first card, medians of {len(mixes[0].faults(SHARES[0]))} faults",
        (
            "noise",
            "a minute",
            "failing",
            *(name.replace("_", " ") for name in Told._fields),
            "of the alert's",
            "Lorden",
        ),
        f"Learned from 14 simulated days of each signal. A fault lasts {LASTS // 60} hours; > is a median beyond. The metric "
        "alert has the lowest threshold that usual failures pass less than once a month. All three read the same metrics, "
        "a minute after their minute has ended; the canary tells with its second failing try. "
        "The deployed rule, more than 50 in 15 minutes, also fires where that many are usual: at 2,000 a minute on the two wide "
        "noises. Lorden: no test with one false alarm in 30 days needs less on average (a median lies below), for the binomial noise, the lag "
        "included; a minute is judged when it has ended, so that 1.5 is the least.",
    )
    for mix in mixes:
        for share in SHARES:
            medians = _medians(mix.faults(share))
            first = (mix.noise.name, f"{mix.rate:,}") if share == SHARES[0] else ("", "")
            table.add_row(
                *first,
                f"{share:.0%}",
                *map(_minutes, medians),
                _ratio(medians[0], medians[1]),
                _least(mix, share),
            )
    return table


def _false_alarms(mixes: Iterable[_Mix]) -> Table:
    table = _table(
        "False alarms of the sequential test by itself, and its onsets",
        ("noise", "days", "false alarms", "in 30 days", "95 % upper bound", "onset within 10 min", "by rate"),
        f"By rate: false alarms at {', '.join(f'{rate:,}' for rate in RATES)} events a minute. Onsets of all seen faults.",
    )
    by_noise: dict[str, list[_Mix]] = {}
    for mix in mixes:
        by_noise.setdefault(mix.noise.name, []).append(mix)
    for name, group in by_noise.items():
        count, months = sum(mix.false_alarms for mix in group), sum(mix.months for mix in group)
        offs = [fault.onset_off for mix in group for fault in mix.faults() if fault.onset_off is not None]
        near = sum(abs(off) <= TWO_BUCKETS for off in offs) / len(offs)
        rates = ", ".join(str(mix.false_alarms) for mix in group)
        table.add_row(
            name,
            f"{months * 30:,.0f}",
            str(count),
            f"{count / months:.2f}",
            f"{upper_bound(count) / months:.2f}",
            f"{near:.0%}",
            rates,
        )
    return table


class _Run(NamedTuple):
    """A run length as the chain has it and as it is simulated."""

    expected: float
    dispersion: float
    ratios: Sequence[float]  # of the alternatives side by side, each with its share of the level
    thresholds: Sequence[float]
    worked_out: float
    simulated: float


def _chains(runs: Iterable[_Run]) -> Table:
    table = _table(
        f"Minutes to a false alarm, for thresholds from {SHORT:,} on",
        ("bad a minute", "dispersion", "times", "thresholds", "Lorden's bound", "chain", "simulated", "off"),
        f"{RUNS:,} simulated runs each. Four alternatives side by side have a quarter of the level each, and alarm together "
        "more often than apart: their run is longer than the chain promises. Shipped thresholds have a run of "
        f"{thresholds().run_length:,.0f} minutes, for which Lorden's bound is {thresholds().bound:.1f}.",
    )
    for run in runs:
        table.add_row(
            f"{run.expected:g}",
            f"{run.dispersion:g}",
            ", ".join(f"{ratio:g}" for ratio in run.ratios),
            ", ".join(f"{threshold:.2f}" for threshold in run.thresholds),
            f"{math.log(run.worked_out * len(run.ratios)):.2f}",
            f"{run.worked_out:,.0f}",
            f"{run.simulated:,.0f}",
            f"{run.simulated / run.worked_out - 1:+.0%}",
        )
    return table


def _run_of(expected: float, dispersion: float, ratios: Sequence[float]) -> _Run:
    least = SHORT * len(ratios)
    found = [_chain_threshold(expected, dispersion, ratio, least) for ratio in ratios]
    weights = [weights_of(expected, dispersion, ratio) for ratio in ratios]
    counts = counts_of(expected, dispersion, random.Random(7))  # noqa: S311  a simulation that can be repeated
    simulated = simulated_run_length(weights, [threshold for threshold, _ in found], counts, RUNS)
    worked_out = min(minutes for _, minutes in found) / len(ratios)
    return _Run(expected, dispersion, ratios, [threshold for threshold, _ in found], worked_out, simulated)


def _chain_threshold(expected: float, dispersion: float, ratio: float, least: float) -> tuple[float, float]:
    lengths = run_lengths(expected, dispersion, ratio, math.log(least), lattice=_LATTICE)
    number = next(at for at, minutes in enumerate(lengths.minutes) if minutes >= least)
    return (number + 1) * lengths.step, lengths.minutes[number]


def _medians(faults: Sequence[Fault]) -> list[float]:
    ways = zip(*(fault.told for fault in faults), strict=True)
    return [median(math.inf if time is None else time for time in way) for way in ways]


def _least(mix: _Mix, share: float) -> str:
    """Return Lorden's bound: the logarithm of the minutes to a false alarm over the information of a minute of fault."""
    if mix.noise.dispersion:
        return ""
    information = mix.rate * (
        share * math.log(share / USUAL) + (1 - share) * math.log((1 - share) / (1 - USUAL))
    )
    return f"{math.log(MONTH) / information + METRICS_LAG:.2f}"


def _ratio(time: float, other: float) -> str:
    return f"{time / other:.2f}" if other <= LASTS else f"< {time / LASTS:.2f}"


def _minutes(time: float) -> str:
    return f"> {LASTS}" if time > LASTS else f"{time:.2f}"


def _table(title: str, columns: Sequence[str], caption: str) -> Table:
    table = Table(title=title, box=None, title_justify="left", caption=caption, caption_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    return table
