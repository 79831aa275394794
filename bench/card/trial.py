"""Try the sequential test and the alerts on one simulated signal: what it learns, its false alarms, and its faults."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import accumulate, islice
from typing import NamedTuple

from bench.card.noise import DAY, MONDAY, MONTH, USUAL, Noise, Signal, failing
from bench.card.run_length import probabilities
from shared.objectives.sequential.alarm import alarms_of
from shared.objectives.sequential.minute import MINUTE, Minute
from shared.objectives.sequential.normal import Normal, normal_of

SHARES = (0.02, 0.05, 0.5)  # of the events fail while a fault lasts
LEARNED = 14 * DAY  # minutes
LASTS = 16 * 60  # minutes of fault that are simulated
# "In the metrics database in under a minute" after the minute has ended
# (https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time): the whole minute after that has them all.
METRICS_LAG = 1
# Refused of one status within so many minutes: `handshakes` of infra/bicep/modules/alert-rules.bicep.
DEPLOYED_MORE_THAN = 50
DEPLOYED_WITHIN = 15
_BEFORE = 180  # minutes before a fault that are judged with it
_FIRST_LOOK = 60  # minutes of a fault that are simulated before it is asked whether more are needed
_TRIES_A_MINUTE = 2  # of the canary


class Told(NamedTuple):
    """Minutes from the first failing second until each way tells; None where it never did."""

    sequential: float | None
    metric_alert: float | None
    deployed_rule: float | None
    canary: float | None


class Fault(NamedTuple):
    """One fault: when each way told, and how many minutes the estimated onset is off."""

    share: float
    told: Told
    onset_off: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one signal."""

    noise: Noise
    rate: int
    normal: Normal
    false_alarms: int
    days: int  # in which they were counted
    faults: Sequence[Fault]


def trial(noise: Noise, rate: int, seed: int, days: int, faults: int) -> Trial:
    """Let a signal be learned for 14 days and judged for some more, and then break it again and again."""
    dice = random.Random(f"{noise.name} {rate} {seed}")  # noqa: S311  a simulation that can be repeated
    signal = Signal(noise, rate, dice)
    end = LEARNED + days * DAY
    normal = normal_of(list(signal.minutes(0, LEARNED)), MONDAY + LEARNED * MINUTE)
    alarms = alarms_of(list(signal.minutes(LEARNED, days * DAY)), normal, MONDAY + end * MINUTE)
    broken = [_fault(signal, normal, end, share, dice) for share in SHARES for _ in range(faults)]
    return Trial(noise, rate, normal, len(alarms), days, broken)


@cache
def quiet_threshold(expected: float, dispersion: float, evaluations: int = MONTH) -> int:
    """Return the lowest count that a usual minute reaches less than once in so many."""
    at_least = 1.0
    for number, probability in enumerate(probabilities(expected, dispersion)):
        if at_least * evaluations < 1:
            return max(1, number)
        at_least -= probability
    raise AssertionError


def _fault(signal: Signal, normal: Normal, first: int, share: float, dice: random.Random) -> Fault:
    """Break a signal at a random second; it lasts until every way has told, or for hours."""
    start = first + dice.randrange(DAY) // 5 * 5
    begins = start + _BEFORE + 5 * dice.random()
    begin = MONDAY + begins * MINUTE
    minutes = list(signal.minutes(start, int(begins) - start))
    rest = (_broken(minute, begin, share, dice) for minute in signal.minutes(int(begins), LASTS))
    canary = _canary_tells(share, dice)
    lowest = quiet_threshold(signal.rate * USUAL, signal.noise.dispersion)
    minutes.extend(islice(rest, _FIRST_LOOK))
    told, onset_off = _judged(minutes, normal, begin, lowest)
    if None in told:
        told, onset_off = _judged([*minutes, *rest], normal, begin, lowest)
    return Fault(share, Told(*told, canary), onset_off)


def _broken(minute: Minute, begin: datetime, share: float, dice: random.Random) -> Minute:
    part = min(1.0, (minute.start + MINUTE - begin) / MINUTE)
    failures = failing(round((minute.total - minute.bad) * part), share, dice)
    return replace(minute, bad=minute.bad + failures)


def _judged(
    minutes: Sequence[Minute], normal: Normal, begin: datetime, lowest: int
) -> tuple[tuple[float | None, float | None, float | None], float | None]:
    """Return when the test and the two alerts tell of a fault, and how far the onset is off."""
    alarms = alarms_of(minutes, normal, minutes[-1].start + MINUTE)
    seen = next((alarm for alarm in alarms if alarm.seen_at > begin), None)
    sums = [0.0] * DEPLOYED_WITHIN + list(accumulate(minute.bad for minute in minutes))
    within = [after - before for before, after in zip(sums, sums[DEPLOYED_WITHIN:], strict=False)]
    told = (
        None if seen is None else (seen.seen_at - begin) / MINUTE + METRICS_LAG,
        _first(minutes, begin, [minute.bad >= lowest for minute in minutes]),
        _first(minutes, begin, [bad > DEPLOYED_MORE_THAN for bad in within]),
    )
    return told, None if seen is None else (seen.onset - begin) / MINUTE


def _first(minutes: Sequence[Minute], begin: datetime, fires: Sequence[bool]) -> float | None:
    """Return the minutes from the beginning to the first minute that fires, when its metrics are there."""
    ends = (minute.start + MINUTE for minute, fired in zip(minutes, fires, strict=True) if fired)
    end = next((end for end in ends if end > begin), None)
    return None if end is None else (end - begin) / MINUTE + METRICS_LAG


def _canary_tells(share: float, dice: random.Random) -> float | None:
    """Return when the second of two tries in a row has failed."""
    first, before = dice.random() / _TRIES_A_MINUTE, False
    for number in range(LASTS * _TRIES_A_MINUTE):
        failed = dice.random() < share
        if failed and before:
            return first + number / _TRIES_A_MINUTE
        before = failed
    return None
