"""Read what Microsoft declared, keep it, and say what keeps us from reading it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.context.declared import KEPT, DeclaredEvents, LineUses
from shared.context.event import DeclaredKind, ServiceHealthEvent
from shared.context.ports import ResourceGraph, SourceUnavailableError
from shared.context.service_health import Reading, Use, read_declared
from shared.health.sources import SourceFailure


def watch_declared(
    graph: ResourceGraph, uses: Mapping[str, LineUses], events: DeclaredEvents, now: datetime
) -> SourceFailure | None:
    """Keep the events about what the watched resources use; return why that was not possible, or not for all of them.

    What is kept stays where nothing could be read: it is said until it is old. An issue that goes on by what is kept, and
    that a reading without a gap misses, is over: Azure moved it to its history.
    """
    events.forget(now - KEPT)
    resources = {*uses, *(resource for use in uses.values() for resource in use.resources)}
    subscriptions = {parts[2] for resource in resources if len(parts := resource.split("/")) > 2}
    try:
        reading = read_declared(graph, subscriptions, _all(uses), resources)
    except SourceUnavailableError as error:
        return SourceFailure(error.sentence, lasting=error.permanent)
    events.keep(reading.events, now)
    if reading.gap is not None:
        return SourceFailure(reading.gap.sentence, lasting=True)
    if subscriptions:  # without one nothing was asked
        events.keep(_missed(events, reading, now), now)
    return None


def _missed(events: DeclaredEvents, reading: Reading, now: datetime) -> list[ServiceHealthEvent]:
    """Return the issues that are kept as active and were not read, as over now."""
    read = {event.tracking_id for event in reading.events}
    return [
        replace(event, end=min(event.end or now, now), is_active=False)
        for event in events.all()
        if event.is_active and event.kind is DeclaredKind.ISSUE and event.tracking_id not in read
    ]


def _all(uses: Mapping[str, LineUses]) -> list[Use]:
    return [use for line in uses.values() for use in (*line.own, *line.around)]
