"""Keep track of what a watch saw by, and announce what it is blind to."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from shared.alerts.inbox import Announcer
from shared.health.sources import Failed, Source, Sources, SourceState, follow
from shared.incidents.watch import Watched
from shared.queries.logs import Failure
from shared.signals.catalogue import FAMILIES

METRICS = "metrics"
_KINDS = {"the logs of Web PubSub": "WebPubSub", "the logs of Communication Services": "ACS"}
_NEVER_SENT = "the workspace never received any: a diagnostic setting of the resource must send them there"


def watch_sources(
    watched: Watched, sources: Sources, announcer: Announcer, now: datetime
) -> Mapping[Source, SourceState]:
    """Compare what a watch saw with what is remembered; return the states of all sources."""
    stored = sources.read()
    sources.forget([source for source in stored if not _is_watched(source, watched)])
    known = {source: state for source, state in stored.items() if _is_watched(source, watched)}
    failures = _failures(watched)
    looked_at = {*watched.looked.complete_workspaces, METRICS, *(source.place for source in failures)}
    asked = {source: state for source, state in known.items() if source.place in looked_at}
    changed, announcements = follow(asked, _seen(watched), failures, now)
    for one in announcements:
        title = f"Linekeeper is blind on {one.source}" if one.blind else f"Linekeeper sees {one.source} again"
        announcer.announce(one.id, title, one.text, now)
    sources.save(changed)
    return {**known, **changed}


def _is_watched(source: Source, watched: Watched) -> bool:
    """Tell whether the configuration still names a source; an application belongs to its workspace."""
    places = {METRICS, *(place for one in watched.resources for place in one.workspaces)}
    ids = tuple(one.id for one in watched.resources)
    of_app = (
        "/microsoft.signalrservice/" not in source.resource
        and "/microsoft.communication/" not in source.resource
    )
    return source.place in places and (of_app or source.resource.startswith(ids))


def _unsent(missing: AbstractSet[str]) -> Iterator[str]:
    """Yield the kinds of logs of which nothing was ever received; a table alone may belong to what nobody uses."""
    known = {table for family in FAMILIES for table in family.tables}
    for kind, prefix in _KINDS.items():
        if {table for table in known if table.startswith(prefix)} <= missing:
            yield kind


def _seen(watched: Watched) -> Mapping[Source, datetime]:
    return {Source(one.workspace, one.table, one.resource): one.ingested for one in watched.looked.arrivals}


def _failures(watched: Watched) -> Mapping[Source, Failed]:
    failures = {
        Source(workspace): Failed(error.message, error.failure is Failure.PERMISSION)
        for workspace, _, error in watched.looked.failures
    }
    for workspace in {place for place, _ in watched.looked.missing}:
        missing = {table for place, table in watched.looked.missing if place == workspace}
        failures |= {Source(workspace, kind): Failed(_NEVER_SENT, lasting=True) for kind in _unsent(missing)}
    for failure in watched.metric_failures:
        lasting = failure.error is None or failure.error.failure is Failure.PERMISSION
        for resource in failure.resources:
            failures[Source(METRICS, failure.signal, resource)] = Failed(failure.why, lasting)
    return failures
