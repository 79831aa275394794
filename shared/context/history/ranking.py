"""Rank changes by their nearness to the onset of a symptom, and by what they bear on. It is a correlation, never a cause by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.context.change import Change, RecentChanges, Topic
from shared.context.live import Gap

MOST_CHANGES = 20  # that a diagnosis lists
_HALF = timedelta(minutes=30)  # a change so long before counts half
_UNNAMED = 0.2  # a topic that no hypothesis of the page names
_UNTOLD = 0.5  # a write that does not say what it set
_UNRELATED = 0.02  # so little that even a relevant change of a day ago goes before it


class Bearing(NamedTuple):
    """How much a topic bears on a symptom, and on which hypothesis."""

    weight: float
    hypothesis: str | None


_BEARINGS: Mapping[Topic, Bearing] = {
    Topic.SERVICE: Bearing(_UNTOLD, None),
    Topic.UNRELATED: Bearing(_UNRELATED, None),
}


def ranked(
    changes: Iterable[Change],
    gaps: tuple[Gap, ...],
    since: datetime,
    bearings: Mapping[Topic, Bearing],
    *,
    is_onset: bool = True,
) -> RecentChanges:
    """Return the changes, the most relevant first; those after the onset last, for they did not bring it about."""
    weighed = sorted(
        (_weighed(change, since, bearings) for change in changes),
        key=lambda change: (-change.relevance, abs(change.at - since), change.resource, change.what),
    )
    return RecentChanges(
        since, is_onset, tuple(weighed[:MOST_CHANGES]), gaps, max(0, len(weighed) - MOST_CHANGES)
    )


def nearness(gap: timedelta) -> float:
    """Return 1 for a change at the onset, 0.5 for one half an hour before, 0.02 for one a day before."""
    return 1 / (1 + gap / _HALF)


def _weighed(change: Change, since: datetime, bearings: Mapping[Topic, Bearing]) -> Change:
    bearing = max((_bearing(topic, bearings) for topic in change.topics), key=lambda one: one.weight)
    gap = change.before(since)
    relevance = 0.0 if gap is None else round(bearing.weight * nearness(gap), 4)
    return replace(change, relevance=relevance, bears_on=bearing.hypothesis)


def _bearing(topic: Topic, bearings: Mapping[Topic, Bearing]) -> Bearing:
    if topic is Topic.UNRELATED:  # whatever a page says
        return _BEARINGS[topic]
    return bearings.get(topic) or _BEARINGS.get(topic) or Bearing(_UNNAMED, None)
