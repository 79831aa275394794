"""Find alerts that fired in Azure and never reached us, and put them into the inbox as if they had been delivered."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.alerts.alert import Alert
from shared.alerts.fields import mapping, moment_of, text
from shared.alerts.inbox import Inbox
from shared.alerts.meaning import AlertContext, meaning_of
from shared.alerts.parse import SCHEMA, alert_of, azure_id_of, is_urgent
from shared.clock import is_astray
from shared.context.graph_text import query_of
from shared.context.ports import ContextSources, RawJson, SourceUnavailableError
from shared.context.service_health import hidden_gap
from shared.errors import InputError
from shared.incidents.ports import Watermarks

ON_ITS_WAY = timedelta(minutes=10)  # Azure tries a delivery again for some minutes
LATE = timedelta(hours=1)  # Resource Graph may have an alert so much later
LONGEST = timedelta(days=1)  # after an outage of ours; what is older is no news
MARK = "missed alerts"
MOST = 50  # alerts that one look takes; the next one takes the others

_WITHIN = timedelta(seconds=30)  # the query
_WITHIN_ALERT = timedelta(seconds=5)
ALERT_VERSION = "2019-05-05-preview"  # of Alerts Management: the first that takes a comment
_WORKSPACE = (
    "microsoft.operationalinsights/workspaces"  # what an alert on logs is about, where nothing splits it
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Search:
    """Dependencies of `find_missed`."""

    sources: ContextSources
    context: AlertContext
    inbox: Inbox
    watermarks: Watermarks


def find_missed(search: Search, now: datetime) -> tuple[Alert, ...]:
    """Put each alert on a watched resource that never reached us into the inbox; return them.

    Safe to repeat, beside any other instance. What fired before the first look ever was nobody's to deliver.

    Raises:
        SourceUnavailableError: Resource Graph did not answer, or shows nothing of a watched subscription; what it
            shows is taken in, and the next look makes up for the rest.
        LinekeeperError: the inbox or the marks cannot be written.
    """
    mark = search.watermarks.get(MARK)
    if mark is None:
        search.watermarks.advance(MARK, now + LATE)
        return ()
    earliest = now - LONGEST
    since = earliest if is_astray(mark, now) else max(mark - LATE, earliest)
    until = now - ON_ITS_WAY
    if not search.context.resources or since >= until:
        return ()
    missed: list[Alert] = []
    for alert, body in _alerts(search, since, until):
        if len(missed) == MOST:
            return tuple(missed)
        search.inbox.accept(alert.key, body, urgent=is_urgent(alert.severity))
        search.inbox.note_arrival(alert)  # so that the next look does not find it again
        _log.warning("alert %s of %s was not delivered; it was found", alert.key, alert.title)
        missed.append(alert)
    _check_visible(search)
    search.watermarks.advance(MARK, until)
    return tuple(missed)


def _check_visible(search: Search) -> None:
    """Check that Resource Graph shows the subscriptions of all watched resources.

    Raises:
        SourceUnavailableError: it does not; its answer is then the same as where no alert fired.
    """
    subscriptions = sorted({resource.subscription for resource in search.context.resources})
    gap = hidden_gap(search.sources.graph, subscriptions, _WITHIN)
    if gap is not None:
        raise SourceUnavailableError(gap.reason, gap.role, absence=gap.absence)


def _alerts(search: Search, since: datetime, until: datetime) -> Iterator[tuple[Alert, bytes]]:
    """Return the alerts on watched resources that fired or were resolved in a time, with the body of each."""
    resources = search.context.resources
    types = sorted({resource.service for resource in resources} | {_WORKSPACE})
    query = query_of("fired_alerts", {"types": types, "since": since, "until": until})
    # In every subscription: an alert on a workspace is kept where the workspace is.
    for row in search.sources.graph.query(query, (), _WITHIN):
        for fired in _conditions(row, since, until):
            try:
                yield from _on_watched(search, row, fired=fired)
            except InputError as error:  # one row that is not an alert stops only itself
                _log.warning("alert %s cannot be read: %s", text(row.get("id")), error.message)


def _conditions(row: RawJson, since: datetime, until: datetime) -> Iterator[bool]:
    """Return what an alert did in a time: fire (True), be resolved (False)."""
    essentials = _essentials(row)
    for fired, name in ((True, "startDateTime"), (False, "monitorConditionResolvedDateTime")):
        moment = moment_of(essentials.get(name))
        if moment is not None and since <= moment < until:
            yield fired


def _on_watched(search: Search, row: RawJson, *, fired: bool) -> Iterator[tuple[Alert, bytes]]:
    alert = alert_of(body_of(row, fired=fired))
    # An alert on another resource of the subscription is another team's.
    is_ours = alert.azure_id and meaning_of(alert, search.context).resource is not None
    if is_ours and not search.inbox.has_arrived(alert):
        body = body_of(_whole(search, row), fired=fired)
        yield replace(alert_of(body), is_found=True), body


def _whole(search: Search, row: RawJson) -> RawJson:
    """Return an alert with its context, in which its metric stands; a row of Resource Graph has none."""
    try:
        return search.sources.resources.get(str(row["id"]), ALERT_VERSION, _WITHIN_ALERT)
    except SourceUnavailableError as error:
        _log.warning("alert %s is taken without its context: %s", text(row.get("id")), error.sentence)
        return row


def body_of(row: RawJson, *, fired: bool) -> bytes:
    """Return an alert of Alerts Management as the common alert schema has it, as it fired or as it was resolved."""
    properties, essentials = mapping(row.get("properties")), _essentials(row)
    details = mapping(properties.get("context"))
    payload = {
        "schemaId": SCHEMA,
        "data": {
            "essentials": {
                "alertId": azure_id_of(row.get("id")),
                # Of a rule of Azure Monitor this is its ARM id, else its name.
                "alertRule": str(essentials.get("alertRule") or row.get("name") or "").rpartition("/")[2],
                "severity": essentials.get("severity"),
                "signalType": essentials.get("signalType"),
                "monitorCondition": "Fired" if fired else "Resolved",
                "monitoringService": essentials.get("monitorService"),
                "alertTargetIDs": [essentials.get("targetResource")],
                "originAlertId": essentials.get("sourceCreatedId"),
                "firedDateTime": essentials.get("startDateTime"),
                "resolvedDateTime": None if fired else essentials.get("monitorConditionResolvedDateTime"),
                "description": essentials.get("description"),
            },
            "alertContext": mapping(details.get("context")) or details,
            "customProperties": mapping(properties.get("customProperties")),
        },
    }
    return json.dumps(payload).encode()


def _essentials(row: RawJson) -> Mapping[str, Any]:
    return mapping(mapping(row.get("properties")).get("essentials"))
