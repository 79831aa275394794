"""A sequential test: judge minutes one after the other, when their evidence for a fault is enough, and since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.objectives.sequential.minute import MINUTE, Minute, in_order
from shared.objectives.sequential.normal import Normal
from shared.objectives.sequential.score import weights_of
from shared.objectives.sequential.thresholds import thresholds

_EVER = datetime.min.replace(tzinfo=UTC)
# Faults that are not twice as bad as the normal are left to the windows.
LEAST_RATIO = 2.0
# An alternative with half of the evidence that it needs has a say in the onset: the latest zero counts, since a lesser
# fault takes earlier noise for its beginning.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stretch of minutes whose evidence for a fault was enough: [onset, last_bad)."""

    onset: (
        datetime  # start of the first minute after the statistic's last zero: since when the evidence adds up
    )
    seen_at: datetime  # end of the minute whose events made it enough
    last_bad: datetime  # end of the last minute that made it enough, again and again while the fault lasts
    bad: float  # events from onset to last_bad
    total: float
    share: float  # bad events of all, 0 to 1


@dataclass(slots=True)
class _Statistic:
    """Page's statistic of one alternative: the evidence since the last minute at which there was none."""

    value: float = 0.0
    first: int = 0  # number of the minute after its last zero


class _Test:
    """The alternatives of one normal, each with a statistic, side by side."""

    def __init__(self, normal: Normal) -> None:
        self._dispersion = normal.dispersion
        self._share = normal.share_of_a_bad_day
        shares = [share for share in thresholds().alternatives if share >= LEAST_RATIO * self._share]
        self._ratios = [share / self._share for share in shares]
        self._statistics = [_Statistic() for _ in shares]
        self._scores: dict[float, list[tuple[float, float, float]]] = {}  # by the events of a minute

    def add(self, number: int, minute: Minute) -> int | None:
        """Add a minute; return the number of the minute of the onset if the evidence is enough with it.

        All statistics then begin at zero again: what lasts makes enough evidence once more.
        """
        scores = self._scores.get(minute.total)
        if scores is None:
            scores = self._scores[minute.total] = self._scores_of(minute.total)
        is_enough, onset = False, 0
        for statistic, (per_event, per_minute, threshold) in zip(self._statistics, scores, strict=True):
            value = statistic.value + per_event * minute.bad - per_minute
            if value <= 0:
                statistic.value, statistic.first = 0.0, number + 1
                continue
            statistic.value = value
            is_enough = is_enough or value >= threshold
            if value >= _HALF * threshold:
                onset = max(onset, statistic.first)
        if not is_enough:
            return None
        for statistic in self._statistics:
            statistic.value, statistic.first = 0.0, number + 1
        return onset

    def _scores_of(self, total: float) -> list[tuple[float, float, float]]:
        expected, dispersion = total * self._share, self._dispersion
        return [
            (*weights_of(expected, dispersion, ratio), thresholds().at(expected, dispersion, ratio))
            for ratio in self._ratios
        ]


def alarms_of(minutes: Iterable[Minute], normal: Normal, now: datetime) -> Sequence[Alarm]:
    """Return the alarms of the minutes that are over, oldest first; none while the normal is learning.

    The statistics begin at zero with the first minute. The order of the minutes does not matter, nor how often one is
    given; a minute without events, or that nobody counted, changes nothing.
    """
    if normal.learning:
        return ()
    ordered = in_order(minutes, _EVER, now)
    test = _Test(normal)
    alarms: list[
        tuple[int, int, int]
    ] = []  # numbers of the minutes: of the onset, the first and the last alarm
    for number, minute in enumerate(ordered):
        onset = test.add(number, minute)
        if onset is None:
            continue
        if alarms and onset <= alarms[-1][2] + 1:  # its evidence was above zero ever since
            alarms[-1] = (*alarms[-1][:2], number)
        else:
            alarms.append((onset, number, number))
    return [_alarm(ordered, *alarm) for alarm in alarms]


def _alarm(minutes: Sequence[Minute], onset: int, seen: int, last: int) -> Alarm:
    bad = sum(minute.bad for minute in minutes[onset : last + 1])
    total = sum(minute.total for minute in minutes[onset : last + 1])
    return Alarm(
        onset=minutes[onset].start,
        seen_at=minutes[seen].start + MINUTE,
        last_bad=minutes[last].start + MINUTE,
        bad=bad,
        total=total,
        share=bad / total,
    )
