"""Learn once an hour what is normal in the minutes of each signal, from the counts that are kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.resources import WatchedResource
from shared.isolation import Isolation, Troubles
from shared.objectives.baseline import Span, learned_window
from shared.objectives.by_minute import complete_minutes, signals_by_minute
from shared.objectives.learned import LearnedNormal, LearnedNormals, by_resource
from shared.objectives.rules import allowed_ratio
from shared.objectives.sequential.normal import normal_of
from shared.signals.counts import Count, Counts
from shared.signals.keep import hour_of
from shared.signals.signal import Signal

_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST_AT_ONCE = 2  # resources of one watch: each is a read of 14 days


@dataclass(frozen=True, slots=True)
class Learner:
    """Learns the normals of resources.

    Attributes:
        apart: returns what is no part of the normal of a resource since a moment, by symptom.
    """

    counts: Counts
    normals: LearnedNormals
    objectives: Mapping[str, ObjectiveSettings]
    apart: Callable[[str, datetime], Mapping[str, Sequence[Span]]]
    troubles: Troubles

    def learn(
        self, resources: Sequence[WatchedResource], known: Sequence[LearnedNormal], now: datetime
    ) -> Sequence[LearnedNormal]:
        """Learn the normals of two resources at most, those first that have waited for longest; return those of all.

        Due are the resources of which a normal was not learned in this hour. `known` are the normals that are stored.
        """
        stored = by_resource(known)
        latest: dict[str, Sequence[LearnedNormal]] = {
            resource.id: stored.get(resource.id, ()) for resource in resources
        }
        due = _due(resources, latest, now)[:_MOST_AT_ONCE]
        if not due:
            return known
        isolation = Isolation("learn_normals", self.troubles)
        for resource in due:
            with isolation.item(resource.id):
                learned = list(self._learned(resource, now))
                self.normals.keep(learned)
                latest[resource.id] = learned
        isolation.end()
        return [each for normals in latest.values() for each in normals]

    def _learned(self, resource: WatchedResource, now: datetime) -> Iterator[LearnedNormal]:
        window = learned_window(now)
        series = self.counts.read(resource.id, window.start, window.end)
        apart = self.apart(resource.id, window.start)
        for signal in signals_by_minute(resource.service):
            own = [count for count in series if count.signal == signal.id]
            normal = normal_of(
                complete_minutes(own, signal),
                now,
                apart.get(signal.symptom, ()),
                first_counted=self._first_counted(own, resource.id, signal),
                allowed=float(allowed_ratio(self.objectives[signal.id])),
            )
            yield LearnedNormal(resource.id, signal.id, normal)

    def _first_counted(self, series: Sequence[Count], resource: str, signal: Signal) -> datetime | None:
        """Return since when the minutes of a signal are counted: earlier versions counted whole buckets alone."""
        first = next((count.bucket for count in series if count.minutes), None)
        if first is None or series[0].bucket < first:
            return first
        return self.counts.first(resource, signal.id) or first


def _due(
    resources: Sequence[WatchedResource], known: Mapping[str, Sequence[LearnedNormal]], now: datetime
) -> Sequence[WatchedResource]:
    learned_at = {resource.id: _learned_at(resource, known[resource.id]) for resource in resources}
    due = [resource for resource in resources if hour_of(learned_at[resource.id]) != hour_of(now)]
    return sorted(due, key=lambda resource: learned_at[resource.id])


def _learned_at(resource: WatchedResource, known: Sequence[LearnedNormal]) -> datetime:
    """Return when the oldest normal of a resource was learned; long ago where one of them never was."""
    moments = {each.signal: each.normal.learned_at for each in known}
    return min(moments.get(signal.id, _NEVER) for signal in signals_by_minute(resource.service))
