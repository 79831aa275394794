"""Look at every watched resource once: count, judge, and open or join incidents."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.clock import is_astray
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import SEVERITIES
from shared.incidents.grade import severity_of_breach
from shared.incidents.incident import Incident
from shared.incidents.open import open_or_join
from shared.incidents.ports import Casework, Policy, SignalSources
from shared.isolation import Isolation
from shared.objectives.baseline import Span
from shared.objectives.breach import Breach
from shared.objectives.budget import PERIOD
from shared.objectives.judge import breaches
from shared.objectives.learn import Learner
from shared.objectives.learned import KEPT as NORMALS_KEPT
from shared.objectives.learned import LearnedNormal, by_resource, by_signal
from shared.objectives.rules import longest_window
from shared.objectives.sequential.normal import Normal
from shared.signals import received, tries
from shared.signals.catalogue import FAMILIES, SIGNALS
from shared.signals.counts import Count
from shared.signals.metrics.poll import MetricFailure, poll_metrics
from shared.signals.poll import Polled, poll
from shared.signals.regions import learnt_regions

METRICS = "metrics"  # the mark of the platform metrics
RETENTION = "retention"  # the mark of the last deletion of counts
_MINUTES_PER_DELETION = 5  # of events and tries; a watch that is missed leaves them to the next
_DELETED_EVERY = timedelta(hours=1)
_KEPT = PERIOD + timedelta(days=1)
_TRIES = 3  # against other instances


@dataclass(frozen=True, slots=True)
class Watched:
    """What one watch did."""

    resources: tuple[WatchedResource, ...]
    looked: Polled
    metric_failures: Sequence[MetricFailure]
    counts: int
    incidents: tuple[Incident, ...]  # opened, reopened or joined, as they now are
    learning: int = 0  # signals whose minutes are not judged yet, for their normal is still being learned


def watch(sources: SignalSources, policy: Policy, casework: Casework, now: datetime) -> Watched:
    """Look once; what it does is safe to repeat, in any order, beside any other instance."""
    looked = _looked(sources, policy, now)
    measured, failures = _measured(sources, policy, looked, now)
    counts = (*looked.counts, *measured, *_received(sources, policy, now))
    sources.counts.replace(counts)
    learned = sources.learned.normals.all()
    incidents = take_up_each(
        sources, policy, casework, counts, now, learned=learned, loop="watch_connectivity"
    )
    # Last: whoever falls over before this looks at the same rows again.
    for workspace in looked.complete_workspaces:
        sources.watermarks.advance(workspace, now)
    if not any(failure.error for failure in failures):
        sources.watermarks.advance(METRICS, now)
    _forget_old(sources, policy, now)
    learner = Learner(
        sources.counts,
        sources.learned.normals,
        policy.objectives,
        partial(_apart, casework),
        casework.troubles,
    )
    learned = learner.learn(policy.resources, learned, now)
    learning = sum(one.is_learning for one in learned)
    return Watched(tuple(policy.resources), looked, failures, len(counts), tuple(incidents), learning)


def _looked(sources: SignalSources, policy: Policy, now: datetime) -> Polled:
    watermarks = {workspace: sources.watermarks.get(workspace) for workspace in _workspaces(policy)}
    absent = sources.absent.by_workspace(now)
    looked = poll(
        policy.resources,
        lambda workspace: sources.logs_over((workspace,)),
        watermarks,
        FAMILIES,
        now,
        absent=absent,
    )
    sources.absent.remember(looked.missing, now)
    return looked


def _measured(
    sources: SignalSources, policy: Policy, looked: Polled, now: datetime
) -> tuple[tuple[Count, ...], tuple[MetricFailure, ...]]:
    mark = sources.watermarks.get(METRICS)
    watermarks = {resource.id: mark for resource in policy.resources} if mark else {}
    regions = learnt_regions(policy.resources, sources.learned.regions, looked.arrivals)
    return poll_metrics(policy.resources, sources.metrics, now, watermarks, regions)


def _received(sources: SignalSources, policy: Policy, now: datetime) -> tuple[Count, ...]:
    """Count what Web PubSub sent us, and our own tries; what is old of both is deleted, some of it every few minutes."""
    if now.minute % _MINUTES_PER_DELETION == 0:
        sources.first_hand.events.forget(now - received.KEPT)
        sources.first_hand.tries.forget(now - tries.KEPT)
    return pushed_counts(sources, {resource.id for resource in policy.resources}, now, received.REACH)


def pushed_counts(
    sources: SignalSources, resources: Collection[str], now: datetime, reach: timedelta
) -> tuple[Count, ...]:
    """Count what was pushed to us: the buckets of these resources that ended no longer than `reach` ago, whole."""
    counts = received.count_received(sources.first_hand.events, resources, now, reach)
    return (*counts, *tries.count_tries(sources.first_hand.tries, resources, now, reach))


def take_up_each(
    sources: SignalSources,
    policy: Policy,
    casework: Casework,
    counts: Sequence[Count],
    now: datetime,
    *,
    learned: Sequence[LearnedNormal],
    loop: str,
    is_wanted: Callable[[Breach], bool] = lambda _: True,
) -> list[Incident]:
    """Open or join the incident of each breach that is wanted; where another instance was first, the next minute does."""
    incidents: list[Incident] = []
    isolation, known = Isolation(loop, casework.troubles), by_resource(learned)
    for resource, ends in _touched(counts).items():
        judged: Sequence[Breach] = ()
        with isolation.item(resource):
            normals = by_signal(known.get(resource, ()), resource)
            judged = _judged(sources, policy, resource, ends, now, normals=normals)
        for breach in judged:
            with isolation.item(f"{breach.symptom} of {resource}"):
                if not is_wanted(breach):
                    continue
                grade = partial(severity_of_breach, policy, breach)
                incident = open_or_join(casework, breach, grade, now, tries=_TRIES)
                incidents += [incident] if incident else []
    isolation.end()
    return incidents


def _forget_old(sources: SignalSources, policy: Policy, now: datetime) -> None:
    """Delete the counts that no objective needs any more, once an hour."""
    last = sources.watermarks.get(RETENTION)
    if last is not None and now - last < _DELETED_EVERY and not is_astray(last, now):
        return
    for resource in policy.resources:
        sources.counts.forget(resource.id, now - _KEPT)
    sources.learned.normals.forget(now - NORMALS_KEPT)
    sources.watermarks.advance(RETENTION, now)


def _judged(
    sources: SignalSources,
    policy: Policy,
    resource: str,
    ends: set[datetime],
    now: datetime,
    *,
    normals: Mapping[str, Normal],
) -> Sequence[Breach]:
    series = sources.counts.read(resource, now - longest_window(), now)
    return breaches(SIGNALS, policy.objectives, series, ends, now, normals=normals)


def _apart(casework: Casework, resource: str, since: datetime) -> Mapping[str, Sequence[Span]]:
    """Return by symptom when incidents of a resource went on, which are no part of the normal of its minutes.

    What the minutes alone saw, and nothing explained, is part of it: noise that raised a false alarm would be taken for
    less than it is, and raise more of them.
    """
    apart: dict[str, list[Span]] = defaultdict(list)
    for incident in casework.incidents.of_resource(resource, since):
        if incident.severity < SEVERITIES[-1] or incident.cause is not None:
            apart[incident.symptom].append(Span(incident.onset, incident.last_bad))
    return apart


def _touched(counts: Sequence[Count]) -> Mapping[str, set[datetime]]:
    touched: dict[str, set[datetime]] = defaultdict(set)
    for count in counts:
        touched[count.resource].add(count.bucket)
    return touched


def _workspaces(policy: Policy) -> Sequence[str]:
    return tuple(dict.fromkeys(name for resource in policy.resources for name in resource.workspaces))
