"""Follow whether the sources of the watch still send rows, and announce those that went blind or came back."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from shared.alerts.inbox import Announcer
from shared.health.sources import (
    REGULAR_HOURS,
    Announcement,
    Source,
    SourceFailure,
    Sources,
    SourceState,
    judge_sources,
)
from shared.incidents.watch import Watched
from shared.queries.categories import CATEGORIES
from shared.queries.logs import Failure
from shared.signals.catalogue import FAMILIES

METRICS = "metrics"
SERVICE_HEALTH = "service health"
_KINDS = {"the logs of Web PubSub": "WebPubSub", "the logs of Communication Services": "ACS"}
# Categories of one kind of traffic: where rows of one come, rows of the others do.
_TOGETHER = (
    ("WebPubSubConnectivity", "WebPubSubHttpRequest", "WebPubSubMessaging"),
    (
        "ACSCallAutomationIncomingOperations",
        "ACSCallAutomationMediaSummary",
        "ACSCallAutomationStreamingUsage",
    ),
)
# Each connect of a resource leaves a row in both.
_PAIR = ("WebPubSubConnectivity", "WebPubSubHttpRequest")
_NEVER_SENT = "the workspace never received any: a diagnostic setting of the resource must send them there"


def watch_sources(
    watched: Watched, sources: Sources, announcer: Announcer, now: datetime
) -> Mapping[Source, SourceState]:
    """Compare the rows that a watch received with the stored states; save, announce and return the states of all sources."""
    remembered = sources.read()
    sources.forget([source for source in remembered if not _is_watched(source, watched)])
    states = {source: state for source, state in remembered.items() if _is_watched(source, watched)}
    failures = {**_one_sided(states), **_failures(watched)}
    looked_at = {*watched.looked.complete_workspaces, METRICS, *(source.place for source in failures)}
    polled_states = {source: state for source, state in states.items() if source.place in looked_at}
    changed, announcements = judge_sources(polled_states, _newest_rows(watched), failures, now)
    _announce(announcements, announcer, now)
    sources.save(changed)
    return {**states, **changed}


def watch_service_health_source(
    failure: SourceFailure | None, sources: Sources, announcer: Announcer, now: datetime
) -> None:
    """Compare whether Service Health could be read with what is stored of it; save and announce what changed."""
    source = Source(SERVICE_HEALTH)
    states = {known: state for known, state in sources.read().items() if known == source}
    changed, announcements = judge_sources(states, {}, {source: failure} if failure else {}, now)
    _announce(announcements, announcer, now)
    sources.save(changed)


def _announce(announcements: Iterable[Announcement], announcer: Announcer, now: datetime) -> None:
    for announcement in announcements:
        title = (
            f"Linekeeper is blind on {announcement.source}"
            if announcement.blind
            else f"Linekeeper sees {announcement.source} again"
        )
        announcer.announce(announcement.id, title, announcement.text, now)


def _is_watched(source: Source, watched: Watched) -> bool:
    """Tell whether the configuration still names a source; an application's source is watched as long as its workspace."""
    places = {
        METRICS,
        SERVICE_HEALTH,
        *(place for resource in watched.resources for place in resource.workspaces),
    }
    ids = tuple(resource.id for resource in watched.resources)
    of_app = (
        "/microsoft.signalrservice/" not in source.resource
        and "/microsoft.communication/" not in source.resource
    )
    return source.place in places and (of_app or source.resource.startswith(ids))


def _unsent(missing: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield what never came, and why: a kind of logs of which every table is missing, or a table beside others that are there.

    Another single table may belong to a feature that nobody uses.
    """
    tables = {table for family in FAMILIES for table in family.tables}
    for kind, prefix in _KINDS.items():
        if {table for table in tables if table.startswith(prefix)} <= missing:
            yield kind, _NEVER_SENT
    for group in _TOGETHER:
        if not missing >= set(group):
            yield from ((table, _never_sent(table)) for table in group if table in missing)


def _one_sided(states: Mapping[Source, SourceState]) -> Mapping[Source, SourceFailure]:
    """Return the tables that hold no row of a resource whose other table has them all day."""
    failures = {}
    for source, state in states.items():
        if source.name not in _PAIR or not source.resource or len(state.gaps) < REGULAR_HOURS:
            continue
        other = replace(source, name=next(table for table in _PAIR if table != source.name))
        if other not in states or states[other].newest is None:
            failures[other] = SourceFailure(_never_sent(other.name), lasting=True)
    return failures


def _never_sent(table: str) -> str:
    return f"no row ever came: the diagnostic category {CATEGORIES[table]} must be on, and be sent there"


def _newest_rows(watched: Watched) -> Mapping[Source, datetime]:
    return {
        Source(arrival.workspace, arrival.table, arrival.resource): arrival.ingested
        for arrival in watched.looked.arrivals
    }


def _failures(watched: Watched) -> Mapping[Source, SourceFailure]:
    failures = {
        Source(workspace): SourceFailure(error.message, error.failure is Failure.PERMISSION)
        for workspace, _, error in watched.looked.failures
    }
    for workspace in {place for place, _ in watched.looked.missing}:
        missing = {table for place, table in watched.looked.missing if place == workspace}
        failures |= {
            Source(workspace, name): SourceFailure(reason, lasting=True) for name, reason in _unsent(missing)
        }
    for failure in watched.metric_failures:
        lasting = failure.error is None or failure.error.failure is Failure.PERMISSION
        for resource in failure.resources:
            failures[Source(METRICS, failure.signal, resource)] = SourceFailure(failure.why, lasting)
    return failures
