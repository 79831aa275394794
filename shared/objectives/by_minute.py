"""Judge signals by their minutes: what the sequential test sees beside the windows, and before them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.history import History
from shared.objectives.sequential.alarm import LEAST_RATIO, Alarm, alarms_of
from shared.objectives.sequential.minute import MINUTE, Minute, minutes_of
from shared.objectives.sequential.normal import Normal
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from shared.signals.signal import Origin, Signal, bucket_of

# The test begins at zero so long ago each time: its state is made from stored counts, and none of it is stored.
REACH = timedelta(hours=12)
NO_NORMALS: Mapping[str, Normal] = MappingProxyType({})  # where nothing is learned yet
_BY_MINUTE = frozenset({Origin.METRICS, Origin.EVENTS, Origin.TRIES})


def signals_by_minute(service: str) -> Sequence[Signal]:
    """Return the signals of a service whose sources tell minutes."""
    return [signal for signal in SIGNALS if signal.service == service and signal.origin in _BY_MINUTE]


def is_by_minute(signal: str) -> bool:
    """Tell whether the source of a signal, known by its id, tells minutes."""
    return any(known.id == signal and known.origin in _BY_MINUTE for known in SIGNALS)


def complete_minutes(series: Sequence[Count], signal: Signal) -> Iterator[Minute]:
    """Yield the minutes of one signal of one resource that were counted when nearly all of their events had arrived.

    That is its delay after the minute began, and when it has ended; one that was counted last before that may look better
    or worse than it was.
    """
    wait = max(MINUTE, signal.delay)
    for count in series:
        for minute in minutes_of([count]):
            if minute.start + wait <= count.as_of:
                yield minute


def alarms_by_minute(
    signal: Signal,
    settings: ObjectiveSettings,
    history: History,
    normal: Normal | None,
    now: datetime,
) -> Sequence[Alarm]:
    """Return the alarms of one signal of one resource in the last 12 hours, oldest first.

    There are none while its normal is learned, nor where the team switched them off. The same counts give the same alarms,
    however often and in whatever order they came.
    """
    if normal is None or normal.learning or not settings.by_minute:
        return ()
    series = history.between(bucket_of(now - REACH), now)
    return alarms_of(complete_minutes(series, signal), normal, now)


def rule_by_minute(normal: Normal) -> str:
    """Say what the minutes break, as a rule of windows is said."""
    return f"by the minute more than the {100 * normal.share:.2g} % that is normal"


def is_back_to_normal(
    signal: Signal, history: History, normal: Normal, since: datetime, now: datetime
) -> bool:
    """Tell whether the minutes since a moment have less than twice the share of bad events that a bad day may have."""
    series = history.between(bucket_of(since), now)
    minutes = [minute for minute in complete_minutes(series, signal) if minute.start >= since]
    bad, total = sum(minute.bad for minute in minutes), sum(minute.total for minute in minutes)
    return bad < LEAST_RATIO * normal.share_of_a_bad_day * total or not bad
