"""Learn the normal of a signal by the minute: its share of bad events, and how much it varies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.objectives.baseline import LEARNED_FROM, Span, learned_window
from shared.objectives.sequential.dispersion import variation_of
from shared.objectives.sequential.minute import MINUTE, Minute, in_order

# What a signal without a failure in two weeks may have: no alternative is told from less in a day of a busy resource.
LEAST_SHARE = 1e-4
# A signal whose dispersion is not known, or above this, is taken to vary so much (a coefficient of variation of 14 per
# five minutes); the thresholds end here.
MOST_DISPERSION = 1000.0
DEFAULT_ALLOWED = 0.01  # the share that the default target allows


@dataclass(frozen=True, slots=True)
class Normal:
    """What is usual for the minutes of one signal of one resource."""

    learned_at: datetime
    known_from: datetime | None  # when 14 days are counted; None where nothing was counted
    share: float  # bad events of all, 0 to 1
    dispersion: float  # of a minute, its upper bound: the variance of a mean m is m + dispersion * m²
    daily: float = 0.0  # the standard deviation of the shares of whole days beyond chance

    @property
    def learning(self) -> bool:
        """Whether less than 14 days were counted when it was learned: the windows judge alone until then."""
        return self.known_from is None or self.known_from > learned_window(self.learned_at).end

    @property
    def share_of_a_bad_day(self) -> float:
        """The share that minutes are judged against: some days are worse, and that is no fault."""
        return min(1.0, self.share + self.daily)


def normal_of(
    minutes: Iterable[Minute],
    now: datetime,
    apart: Sequence[Span] = (),
    *,
    first_counted: datetime | None = None,
    allowed: float = DEFAULT_ALLOWED,
) -> Normal:
    """Return the normal of a signal, learned from the minutes of the 14 days before this hour.

    Minutes that `apart` touches do not count, nor those without an event. `first_counted` is when counting began; without
    it, the first of the minutes. `allowed` is the share of bad events that the objective allows: the normal until
    something is learned, with the weight of one bad event.
    """
    window = learned_window(now)
    counted = in_order(minutes, window.start, window.end)
    first = first_counted or (counted[0].start if counted else None)
    usual = [minute for minute in counted if not _touches(minute, apart)]
    variation = variation_of(usual)
    return Normal(
        learned_at=now,
        known_from=None if first is None else first + LEARNED_FROM,
        share=_share(usual, allowed),
        dispersion=min(variation.dispersion, MOST_DISPERSION),
        daily=variation.daily,
    )


def _share(minutes: Sequence[Minute], allowed: float) -> float:
    bad, total = sum(minute.bad for minute in minutes), sum(minute.total for minute in minutes)
    return max(LEAST_SHARE, (bad + 1) / (total + 1 / allowed))


def _touches(minute: Minute, apart: Sequence[Span]) -> bool:
    return any(span.start < minute.start + MINUTE and minute.start < span.end for span in apart)
