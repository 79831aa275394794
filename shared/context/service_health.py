"""Read what Microsoft declared, for the services and regions in use, and tell which of it concerns whom.

https://learn.microsoft.com/azure/service-health/resource-graph-samples
"""

import logging
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from shared.context.declared_time import declared_time
from shared.context.dependencies import GLOBAL
from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent
from shared.context.graph_text import query_of
from shared.context.live import Gap
from shared.context.ports import Absence, RawJson, ResourceGraph
from shared.redaction import redact, visible

BEGAN_AFTER = timedelta(
    minutes=15
)  # an event that began later than this after the failures did not cause them
OVER_BEFORE = timedelta(minutes=5)  # nor did one that was over for longer than this when they began
LEAST_CLOSENESS = 0.3  # as `leastShare` of judge.kql: reached up to 144 minutes from the failures
READER = "Reader"  # on the subscription; holds Microsoft.ResourceHealth/events/read

_UNKNOWN_END = timedelta(
    days=1
)  # after the start: the last update of a resolved event may be a review, weeks later
_FADES = timedelta(minutes=120)  # as in `besideHealth` of activity.kql
_WITHIN = timedelta(seconds=30)
_MOST_LETTERS = 200  # of Microsoft's own words
_MOST_IMPACTS = 100  # of our services in all regions, and of our resources: within these an event stays small
_KINDS = {
    "serviceissue": DeclaredKind.ISSUE,
    "plannedmaintenance": DeclaredKind.PLANNED,
    "healthadvisory": DeclaredKind.ADVISORY,
    "securityadvisory": DeclaredKind.SECURITY,
}
# What Microsoft calls the service of a resource type, in an event: words, as the platform-incident checks have them.
# Web PubSub runs on the platform of SignalR, and which of the names an event has is not published.
NAMES: Mapping[str, tuple[str, ...]] = {
    "microsoft.signalrservice/webpubsub": ("web pubsub", "signalr"),
    "microsoft.communication/communicationservices": ("communication services",),
}
_TRACKING_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{2,29}")  # such as "VN1K-9W8" and "1K80-N_8"
_EVENT_OF_ID = re.compile(r"/events/([^/]+)/impactedresources/", re.IGNORECASE)
_log = logging.getLogger(__name__)


class Use(NamedTuple):
    """A service that is used in a region.

    `service` is an ARM type in lower case that `NAMES` knows, or else Microsoft's own name of the service; `region` is
    `GLOBAL` for what has none, and None where it is not known: then only an event of all regions is known to be about it.
    """

    service: str
    region: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and what could not be: None, or which subscription shows nothing and the role that would mend it."""

    events: tuple[ServiceHealthEvent, ...]
    gap: Gap | None = None


def read_declared(
    graph: ResourceGraph,
    subscriptions: Collection[str],
    uses: Iterable[Use],
    resources: Collection[str] = (),
    within: timedelta = _WITHIN,
) -> Reading:
    """Return the events that are about these uses, each with what of it is; `resources` are looked for among the affected.

    Resource Graph answers for a subscription that it may not show as for one without events, so that is asked too.

    Raises:
        SourceUnavailableError: it did not answer in full.
    """
    used, asked = tuple(dict.fromkeys(uses)), sorted(set(subscriptions))
    if not used or not asked:
        return Reading(())
    rows = graph.query(query_of("service_health", {"services": _pattern(used)}), asked, within)
    affected = _affected(graph, asked, resources, within)
    events = (_event(tracking_id, group, affected) for tracking_id, group in _by_event(rows).items())
    ours = (narrowed(event, used, affected.get(event.tracking_id.lower(), ())) for event in events if event)
    return Reading(tuple(event for event in ours if event), hidden_gap(graph, asked, within))


def narrowed(
    event: ServiceHealthEvent, uses: Collection[Use], resources: Collection[str] = ()
) -> ServiceHealthEvent | None:
    """Return an event with only what is about these uses, None where nothing is; one of `resources` that it names is enough."""
    impacts = tuple(impact for impact in event.impacts if any(_is_about(impact, use) for use in uses))
    if not impacts and not set(event.impacted) & set(resources):
        return None
    return replace(event, impacts=(impacts or event.impacts)[:_MOST_IMPACTS])


def is_placed(event: ServiceHealthEvent, uses: Collection[Use], resources: Collection[str] = ()) -> bool:
    """Tell whether an event is known to be where these uses are: one region need not be that of a service without one."""
    return bool(set(event.impacted) & set(resources)) or any(
        _is_about(impact, use) and (use.region != GLOBAL or _region(impact.region) in {"", GLOBAL})
        for impact in event.impacts
        for use in uses
    )


def over_at(event: ServiceHealthEvent) -> datetime | None:
    """Return when an event was over in all the places that it names; None while it goes on in one of them."""
    if event.end is not None:
        return event.end
    ends = [impact.ended for impact in event.impacts]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def may_explain(event: ServiceHealthEvent, onset: datetime) -> bool:
    """Tell whether a declared incident may have caused failures that began at a moment: by its time alone."""
    if event.kind is not DeclaredKind.ISSUE or event.start is None:
        return False
    end = over_at(event)
    return event.start <= onset + BEGAN_AFTER and (end is None or end >= onset - OVER_BEFORE)


def closeness(event: ServiceHealthEvent, onset: datetime) -> float:
    """Return 1 for an event that began with the failures, less the farther away; 0 where its start is not known."""
    return math.exp(-abs(onset - event.start) / _FADES) if event.start else 0.0


def hidden_gap(graph: ResourceGraph, subscriptions: Sequence[str], within: timedelta) -> Gap | None:
    """Return which of these subscriptions Resource Graph does not show, None where it shows each of them.

    Raises:
        SourceUnavailableError: it did not answer in full.
    """
    text = query_of("visible_subscriptions", {"subscriptions": subscriptions})
    seen = {str(row.get("subscriptionId", "")).lower() for row in graph.query(text, subscriptions, within)}
    hidden = [subscription for subscription in subscriptions if subscription.lower() not in seen]
    if not hidden:
        return None
    reason = f"Resource Graph shows nothing of the subscription {', '.join(hidden[:3])}"
    return Gap(Absence.FORBIDDEN, reason, f"{READER} on it")


def _is_about(impact: Impact, use: Use) -> bool:
    if not _names_pattern(use.service).search(impact.service):
        return False
    region = _region(impact.region)
    return (
        region in {"", GLOBAL}
        or use.region == GLOBAL
        or (use.region is not None and region == _region(use.region))
    )


def _region(name: str) -> str:
    return name.replace(" ", "").lower()


@cache
def _names_pattern(service: str) -> re.Pattern[str]:
    return re.compile(_words_of(service), re.IGNORECASE)


def _words_of(service: str) -> str:
    names = NAMES.get(service, (service,))
    return "|".join(rf"\b{re.escape(name)}\b" for name in names)


def _pattern(uses: Iterable[Use]) -> str:
    """Return a regular expression, as RE2 reads it too, for the names of all services in use."""
    return f"(?i)({'|'.join(dict.fromkeys(_words_of(use.service) for use in uses))})"


def _affected(
    graph: ResourceGraph, subscriptions: Sequence[str], resources: Collection[str], within: timedelta
) -> Mapping[str, tuple[str, ...]]:
    """Return the resources that events name, by tracking id in lower case."""
    if not resources:
        return {}
    text = query_of("impacted_resources", {"resources": sorted(resources)})
    affected: dict[str, list[str]] = defaultdict(list)
    for row in graph.query(text, subscriptions, within):
        if match := _EVENT_OF_ID.search(str(row.get("id", ""))):
            affected[match[1].lower()].append(str(row.get("target", "")).lower())
    return {tracking_id: tuple(sorted(set(targets))) for tracking_id, targets in affected.items()}


def _by_event(rows: Iterable[RawJson]) -> Mapping[str, list[RawJson]]:
    """Return the rows of each event: one for each service and region, and again for each subscription that it hits."""
    groups: dict[str, list[RawJson]] = defaultdict(list)
    refused: set[str] = set()
    for row in rows:
        tracking_id = str(row.get("trackingId") or "")
        if _TRACKING_ID.fullmatch(tracking_id):
            groups[tracking_id.upper()].append(row)
        else:
            refused.add(_words(tracking_id))
    for name in sorted(refused):
        _log.warning("The tracking id %r is refused, and its event left out", name)
    return groups


def _event(
    tracking_id: str, rows: Sequence[RawJson], affected: Mapping[str, tuple[str, ...]]
) -> ServiceHealthEvent | None:
    first = rows[0]
    kind = _KINDS.get(str(first.get("eventType", "")).lower())
    if kind is None:
        return None  # of a kind that is not ours, such as billing
    active = [row for row in rows if str(row.get("status", "")).lower() == "active"]
    start = min(_times(rows, "starts"), default=None)
    return ServiceHealthEvent(
        tracking_id=tracking_id,
        kind=kind,
        title=_words(first.get("title")),
        impacts=tuple(dict.fromkeys(_impact(row) for row in rows)),
        start=start,
        end=_end_of_active(active) if active else _end_of_resolved(rows, start),
        is_active=bool(active),
        link=_link(tracking_id, str(first.get("subscriptionId", ""))),
        impacted=affected.get(tracking_id.lower(), ())[:_MOST_IMPACTS],
    )


def _end_of_active(rows: Sequence[RawJson]) -> datetime | None:
    """Return the end that is planned in every subscription, None where one has none."""
    ends = _times(rows, "ends")
    return max(ends) if len(ends) == len(rows) else None


def _end_of_resolved(rows: Sequence[RawJson], start: datetime | None) -> datetime | None:
    if ends := _times(rows, "ends"):
        return min(ends)
    end = min(_times(rows, "updated"), default=start)
    return min(end, start + _UNKNOWN_END) if end and start else end


def _times(rows: Iterable[RawJson], name: str) -> list[datetime]:
    return [moment for row in rows if (moment := declared_time(row.get(name))) is not None]


def _impact(row: RawJson) -> Impact:
    is_over = str(row.get("regionStatus", "")).lower() == "resolved"
    ended = declared_time(row.get("regionUpdated")) or declared_time(row.get("updated")) if is_over else None
    return Impact(_words(row.get("service")), _words(row.get("region")), ended)


def _words(value: object) -> str:
    return " ".join(visible(redact(str(value or ""))).split())[:_MOST_LETTERS]


def _link(tracking_id: str, subscription: str) -> str:
    """Return the address of the event's page, which holds the first and the last three letters of the subscription.

    https://learn.microsoft.com/azure/service-health/service-notifications
    """
    digits = subscription if re.fullmatch(r"[0-9a-fA-F-]{8,36}", subscription) else ""
    return f"https://app.azure.com/h/{tracking_id}/{digits[:3]}{digits[-3:]}" if digits else ""
