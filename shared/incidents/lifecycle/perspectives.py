"""Ask each perspective whether an incident is over: its signals, the canary, and what Azure says of the resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.context.ports import Availability, HealthState, ResourceHealth, SourceUnavailableError
from shared.incidents.incident import Ending, Incident
from shared.incidents.wording import moment, number
from shared.objectives.recovery import Recovery
from shared.signals.counts import Count

CANARY = "canary"  # the id of its signal
_NEWEST = 2  # buckets of the canary that must be without a bad event
_FRESH = timedelta(minutes=30)  # as long as the signals are looked at
_WITHIN = timedelta(seconds=10)


class View(StrEnum):
    """What a perspective says."""

    OVER = "over"
    NOT_OVER = "not over"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Perspective:
    """One perspective on an incident, and what it rests on."""

    name: str
    view: View
    text: str  # one sentence


def is_validated(perspectives: Sequence[Perspective]) -> bool:
    """Tell whether a perspective says that it is over and none says that it is not."""
    views = {each.view for each in perspectives}
    return View.OVER in views and View.NOT_OVER not in views


def contradictions(perspectives: Sequence[Perspective]) -> tuple[Perspective, ...]:
    """Return the perspectives that say that it is not over."""
    return tuple(each for each in perspectives if each.view is View.NOT_OVER)


def perspectives_of(
    incident: Incident,
    recovery: Recovery | None,
    series: Sequence[Count],
    health: ResourceHealth | None,
    now: datetime,
) -> tuple[Perspective, ...]:
    """Return every perspective; one that is missing or cannot be asked says so and stands in the way of nothing.

    `series` are counts of the resource, those of the canary among them.
    """
    return (_signals(incident, recovery), _canary(series, now), _health(incident.resource, health))


def _signals(incident: Incident, recovery: Recovery | None) -> Perspective:
    if recovery is not None and recovery.is_complete:
        return Perspective(
            "its signals", View.OVER, f"{recovery.good} times 5 minutes in a row are within the goal"
        )
    if incident.ending is Ending.ALERTS_OVER:
        return Perspective("its signals", View.OVER, "every alert is resolved, and no count can tell more")
    if recovery is None or recovery.good == 0:
        return Perspective(
            "its signals", View.UNKNOWN, "no 5 minutes with enough events since it was last bad"
        )
    text = f"{recovery.good} of {recovery.needed} times 5 minutes are within the goal so far"
    return Perspective("its signals", View.UNKNOWN, text)


def _canary(series: Sequence[Count], now: datetime) -> Perspective:
    counts = [
        count
        for count in series
        if count.signal == CANARY and count.total > 0 and now - _FRESH <= count.bucket <= now
    ]
    if not counts:
        return Perspective(
            "the canary", View.UNKNOWN, "no canary has tried this resource in the last 30 minutes"
        )
    newest = sorted(counts, key=lambda count: count.bucket)[-_NEWEST:]
    bad, total = sum(count.bad for count in newest), sum(count.total for count in newest)
    view = View.NOT_OVER if bad else View.OVER
    return Perspective("the canary", view, f"{number(bad)} of its last {number(total)} tries failed")


def _health(resource: str, health: ResourceHealth | None) -> Perspective:
    if health is None:
        return Perspective("resource health", View.UNKNOWN, "it is not asked")
    try:
        current = health.current(resource, _WITHIN)
    except SourceUnavailableError as error:
        return Perspective("resource health", View.UNKNOWN, f"no data: {error.sentence}")
    return Perspective("resource health", _view(current), _health_text(current))


def _view(current: Availability) -> View:
    if current.state is HealthState.AVAILABLE:
        return View.OVER
    return View.UNKNOWN if current.state is HealthState.UNKNOWN else View.NOT_OVER


def _health_text(current: Availability) -> str:
    since = f" since {moment(current.since)}" if current.since else ""
    summary = f": {current.summary}" if current.summary and current.state is not HealthState.AVAILABLE else ""
    return f"Azure says {current.state}{since}{summary}"
