"""Look at every watched resource once: count, judge, and open or join incidents."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.resources import WatchedResource
from shared.incidents.grade import severity_of_breach
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.decide import LifecycleReason, on_breach
from shared.incidents.lifecycle.states import opened, reopened, seen_again
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Rooms
from shared.incidents.store import LostRaceError
from shared.objectives.breach import Breach
from shared.objectives.budget import PERIOD
from shared.objectives.judge import breaches
from shared.objectives.rules import longest_window
from shared.signals.catalogue import FAMILIES, SIGNALS
from shared.signals.counts import Count
from shared.signals.metrics.poll import MetricFailure, poll_metrics
from shared.signals.poll import Polled, poll
from shared.signals.regions import learnt_regions

METRICS = "metrics"  # the mark of the platform metrics
RETENTION = "retention"  # the mark of the last deletion
_DELETED_EVERY = timedelta(hours=1)
_KEPT = PERIOD + timedelta(days=1)
_TRIES = 3  # against other instances; who loses every race leaves the breach to the next minute


@dataclass(frozen=True, slots=True)
class Watched:
    """What one watch did."""

    resources: tuple[WatchedResource, ...]
    looked: Polled
    metric_failures: Sequence[MetricFailure]
    counts: int
    incidents: tuple[Incident, ...]  # opened, reopened or joined, as they now are


def watch(rooms: Rooms, now: datetime) -> Watched:
    """Look once; what it does is safe to repeat, in any order, beside any other instance."""
    looked = _looked(rooms, now)
    measured, failures = _measured(rooms, looked, now)
    counts = (*looked.counts, *measured)
    rooms.counts.replace(counts)
    found = [
        taken
        for resource, ends in _touched(counts).items()
        for breach in _judged(rooms, resource, ends, now)
        if (taken := take_up(rooms, breach, now)) is not None
    ]
    # Last: whoever falls over before this looks at the same rows again.
    for workspace in looked.complete_workspaces:
        rooms.watermarks.advance(workspace, now)
    if not any(failure.error for failure in failures):
        rooms.watermarks.advance(METRICS, now)
    _forget_old(rooms, now)
    return Watched(tuple(rooms.resources), looked, failures, len(counts), tuple(found))


def _looked(rooms: Rooms, now: datetime) -> Polled:
    watermarks = {workspace: rooms.watermarks.get(workspace) for workspace in _workspaces(rooms)}
    absent = rooms.absent.by_workspace(now)
    looked = poll(
        rooms.resources, lambda one: rooms.logs_over((one,)), watermarks, FAMILIES, now, absent=absent
    )
    rooms.absent.remember(looked.missing, now)
    return looked


def _measured(
    rooms: Rooms, looked: Polled, now: datetime
) -> tuple[tuple[Count, ...], tuple[MetricFailure, ...]]:
    mark = rooms.watermarks.get(METRICS)
    watermarks = {resource.id: mark for resource in rooms.resources} if mark else {}
    regions = learnt_regions(rooms.resources, rooms.regions, looked.arrivals)
    return poll_metrics(rooms.resources, rooms.metrics, now, watermarks, regions)


def _forget_old(rooms: Rooms, now: datetime) -> None:
    """Delete the counts that no objective needs any more, once an hour."""
    last = rooms.watermarks.get(RETENTION)
    if last is not None and now - last < _DELETED_EVERY:
        return
    for resource in rooms.resources:
        rooms.counts.forget(resource.id, now - _KEPT)
    rooms.watermarks.advance(RETENTION, now)


def take_up(rooms: Rooms, breach: Breach, now: datetime) -> Incident | None:
    """Open the incident of a breach, or join it to its open one; None where there is nothing to do."""
    for _ in range(_TRIES):
        try:
            return take_up_once(rooms, breach, now)
        except LostRaceError:
            continue  # another instance was first: read again and decide again
    return None


def take_up_once(rooms: Rooms, breach: Breach, now: datetime, severity: int | None = None) -> Incident | None:
    """Open or join once; `severity` is that of an alert, else the team's matrix gives one.

    Raises:
        LostRaceError: another instance was first.
    """
    current = rooms.incidents.current(breach.resource, breach.symptom)
    reason = on_breach(current, breach, now)
    if reason is LifecycleReason.IGNORE:
        return None
    given = severity or severity_of_breach(rooms, breach, current)
    changed = _changed(breach, current, reason, given, now)
    if changed == current:
        return current
    if reason in (LifecycleReason.OPEN, LifecycleReason.OPEN_LINKED):
        stored = rooms.incidents.create(changed, current)
    else:
        stored = rooms.incidents.save(changed)
    told = saved_and_notified(rooms, stored, now)
    planned = current.next_diagnosis_at if current else None
    # An alert that joins while a look is planned asks for none: each of a storm's would be made until the first is stored.
    if reason is not LifecycleReason.JOIN or (breach.alert and changed.next_diagnosis_at != planned):
        rooms.work.ask_for_look(told.id)
    return told


def _changed(
    breach: Breach, current: Incident | None, reason: LifecycleReason, severity: int, now: datetime
) -> Incident:
    if current is None or reason in (LifecycleReason.OPEN, LifecycleReason.OPEN_LINKED):
        return opened(breach, severity, now, current)
    if reason is LifecycleReason.REOPEN:
        return reopened(current, breach, severity, now)
    return seen_again(current, breach, severity, now)


def _judged(rooms: Rooms, resource: str, ends: set[datetime], now: datetime) -> Sequence[Breach]:
    series = rooms.counts.read(resource, now - longest_window(), now)
    return breaches(SIGNALS, rooms.objectives, series, ends, now)


def _touched(counts: Sequence[Count]) -> Mapping[str, set[datetime]]:
    touched: dict[str, set[datetime]] = defaultdict(set)
    for count in counts:
        touched[count.resource].add(count.bucket)
    return touched


def _workspaces(rooms: Rooms) -> Sequence[str]:
    return tuple(dict.fromkeys(name for resource in rooms.resources for name in resource.workspaces))
