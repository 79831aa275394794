"""Say how each watched resource stands: its signals over six hours, what is blind, and one word for all of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.resources import WatchedResource
from shared.health.source_watch import METRICS
from shared.health.sources import Source
from shared.incidents.incident import Incident, State
from shared.incidents.recent.words import percent
from shared.notices.charts.series import Bar, Panel, TimeSpan, panel_of
from shared.notices.charts.strip_bars import BARS, Level
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Origin, Shape, Signal, bucket_of

MOST_SIGNALS = 6  # of a resource
_QUIET = 12  # bars without a count at the end that are a gap: an hour


class LineState(IntEnum):
    """How a resource stands, the worst first."""

    OPEN = 0
    RECOVERING = 1
    BLIND = 2
    ABOVE = 3
    UNKNOWN = 4  # its counts are not read
    QUIET = 5
    WITHIN = 6


@dataclass(frozen=True, slots=True)
class SignalStrip:
    """One signal of a resource: its bars over six hours, and its numbers in words."""

    title: str
    levels: tuple[Level, ...]
    quiet_from: int
    last: str
    goal: str
    is_over: bool
    is_blind: bool
    is_quiet: bool
    is_broken: bool = False  # an open incident is about it
    worst: float = 0.0  # times the goal, of the highest bar

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """Order strips: what an open incident is about, what is over its goal, what has data, each the worst first."""
        return not self.is_broken, not self.is_over, not self.levels, -self.worst


@dataclass(frozen=True, slots=True)
class WatchedLine:
    """One resource on the board; `severity` is that of its open incident, where it has one.

    `signals` are the first by rank. The others are counted: `blind` those without data, whose source is blind, `more` those
    with data.
    """

    resource: WatchedResource
    state: LineState
    signals: tuple[SignalStrip, ...] = ()
    severity: int | None = None
    is_drawn: bool = True
    blind: int = 0
    more: int = 0


def six_hours(now: datetime) -> TimeSpan:
    """Return the span of a strip: it ends with the 5 minutes that go on."""
    until = bucket_of(now) + BUCKET
    return TimeSpan(until - BARS * BUCKET, until, BUCKET)


def watched_line(
    resource: WatchedResource,
    counts: Sequence[Count],
    objectives: Mapping[str, ObjectiveSettings],
    *,
    incidents: Sequence[Incident],
    blind: Collection[Source],
    now: datetime,
) -> WatchedLine:
    """Return how a resource stands; `incidents` are its open ones, `blind` what nothing is seen by."""
    broken = {signal for incident in incidents for signal in incident.signals}
    strips = sorted(
        _strips(resource, counts, objectives, blind=blind, broken=broken, now=now),
        key=lambda strip: strip.rank,
    )
    shown, folded = _parted(strips)
    open_ones = [incident for incident in incidents if not incident.joined_to] or list(incidents)
    severity = min((incident.severity for incident in open_ones), default=None)
    return WatchedLine(
        resource,
        _state(open_ones, strips),
        tuple(shown),
        severity,
        blind=sum(not strip.levels for strip in folded),
        more=sum(bool(strip.levels) for strip in folded),
    )


def _parted(strips: Sequence[SignalStrip]) -> tuple[list[SignalStrip], list[SignalStrip]]:
    """Part strips into those that are drawn and those that are counted: several that are blind say no more than one line."""
    empty = [strip for strip in strips if not strip.levels and not strip.is_broken]
    drawn = [strip for strip in strips if strip not in empty] if len(empty) > 1 else list(strips)
    shown = drawn[:MOST_SIGNALS]
    return shown, [strip for strip in strips if strip not in shown]


def undrawn_line(resource: WatchedResource, incidents: Sequence[Incident]) -> WatchedLine:
    """Return the line of a resource whose counts are not read, because there are too many or they cannot be."""
    severity = min((incident.severity for incident in incidents), default=None)
    state = _state(incidents, ()) if incidents else LineState.UNKNOWN
    return WatchedLine(resource, state, severity=severity, is_drawn=False)


def is_blind_to(blind: Collection[Source], resource: WatchedResource, signal: Signal) -> bool:
    """Tell whether a source that a signal of a resource is read from is blind."""
    return any(_concerns(source, resource, signal) for source in blind)


def is_of(source: Source, resource: WatchedResource) -> bool:
    """Tell whether a source is of one resource, or of a part of it; the name of another may begin with its own."""
    return f"{source.resource}/".startswith(f"{resource.id}/")


def _concerns(source: Source, resource: WatchedResource, signal: Signal) -> bool:
    if source.resource and not is_of(source, resource):
        return False
    if signal.origin is Origin.METRICS:
        return source.place == METRICS and source.name in {"", signal.id}
    is_all = source.name == "" or source.name.startswith("the logs of ")
    of_logs = signal.origin is Origin.LOGS and source.place in resource.workspaces
    return of_logs and (is_all or source.name in signal.sources)


def _strips(
    resource: WatchedResource,
    counts: Sequence[Count],
    objectives: Mapping[str, ObjectiveSettings],
    *,
    blind: Collection[Source],
    broken: Collection[str],
    now: datetime,
) -> Iterator[SignalStrip]:
    span = six_hours(now)
    for signal in SIGNALS:
        settings = objectives.get(signal.id)
        if signal.service != resource.service or settings is None or not settings.enabled:
            continue
        panel = panel_of(signal, settings, counts, span, now)
        is_blind = is_blind_to(blind, resource, signal) and not _is_fresh(panel, now)
        if panel.bars or is_blind or signal.id in broken:
            strip = _strip(panel, signal, settings, span, is_blind=is_blind, now=now)
            yield replace(strip, is_broken=signal.id in broken)


def _strip(
    panel: Panel,
    signal: Signal,
    settings: ObjectiveSettings,
    span: TimeSpan,
    *,
    is_blind: bool,
    now: datetime,
) -> SignalStrip:
    allowed = _allowed(panel, settings)
    levels = tuple(
        Level((bar.start - span.since) // BUCKET, _of_goal(bar, signal, allowed), bar.is_over)
        for bar in panel.bars
        if bar.total > 0
    )
    after = max((level.place + 1 for level in levels), default=0)
    # Those whose time is over, as on the page of an incident; rows may still arrive.
    ended = [bar for bar in panel.bars if bar.total > 0 and bar.start + BUCKET <= now]
    is_quiet = after <= BARS - _QUIET
    last, is_over = ("no events", False) if is_quiet or not ended else _last(ended[-1], signal)
    return SignalStrip(
        title=panel.name,
        levels=levels,
        quiet_from=after if is_quiet or is_blind else BARS,
        last="blind" if is_blind else last,
        goal=f"{100 * allowed:g} %" if signal.shape is Shape.RATIO else f"{allowed:g}",
        is_over=is_over and not is_blind,
        is_blind=is_blind,
        is_quiet=is_quiet,
        worst=max((level.of_goal for level in levels), default=0.0),
    )


def _last(bar: Bar, signal: Signal) -> tuple[str, bool]:
    return percent(bar.share) if signal.shape is Shape.RATIO else f"{bar.bad:,.0f}", bar.is_over


def _allowed(panel: Panel, settings: ObjectiveSettings) -> float:
    """Return what is allowed in 5 minutes: a share, or for a source without a total a number."""
    if panel.goal is not None:
        return panel.goal
    return settings.limit.bad / (settings.limit.within / BUCKET) if settings.limit else 0.0


def _of_goal(bar: Bar, signal: Signal, allowed: float) -> float:
    value = bar.share if signal.shape is Shape.RATIO else bar.bad
    if allowed <= 0:
        return float("inf") if value > 0 else 0.0
    return value / allowed


def _is_fresh(panel: Panel, now: datetime) -> bool:
    """Tell whether something was counted in the last half hour: then another source shows the signal."""
    return any(bar.start > now - timedelta(minutes=30) for bar in panel.bars)


def _state(incidents: Sequence[Incident], strips: Sequence[SignalStrip]) -> LineState:
    if incidents:
        is_over = all(incident.state is State.VALIDATING for incident in incidents)
        return LineState.RECOVERING if is_over else LineState.OPEN
    if any(strip.is_blind for strip in strips):
        return LineState.BLIND
    if any(strip.is_over for strip in strips):
        return LineState.ABOVE
    return LineState.WITHIN if any(not strip.is_quiet for strip in strips) else LineState.QUIET
