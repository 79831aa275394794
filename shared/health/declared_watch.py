"""Read what Microsoft declared, keep it, and say what keeps us from reading it."""

from collections.abc import Mapping
from datetime import datetime

from shared.context.declared import KEPT, DeclaredEvents, LineUses
from shared.context.ports import ResourceGraph, SourceUnavailableError
from shared.context.service_health import Use, read_declared
from shared.health.sources import SourceFailure

_MINUTES_PER_DELETION = 60


def watch_declared(
    graph: ResourceGraph, uses: Mapping[str, LineUses], events: DeclaredEvents, now: datetime
) -> SourceFailure | None:
    """Keep the events about what the watched resources use; return why that was not possible, or not for all of them.

    What is kept stays where nothing could be read: it is said until it is old.
    """
    if now.minute % _MINUTES_PER_DELETION == 0:
        events.forget(now - KEPT)
    resources = {*uses, *(resource for use in uses.values() for resource in use.resources)}
    subscriptions = {parts[2] for resource in resources if len(parts := resource.split("/")) > 2}
    try:
        reading = read_declared(graph, subscriptions, _all(uses), resources)
    except SourceUnavailableError as error:
        return SourceFailure(error.sentence, lasting=error.permanent)
    events.keep(reading.events, now)
    return SourceFailure(reading.gap.sentence, lasting=True) if reading.gap else None


def _all(uses: Mapping[str, LineUses]) -> list[Use]:
    return [use for line in uses.values() for use in (*line.own, *line.around)]
