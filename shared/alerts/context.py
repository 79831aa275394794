"""Read the part of an alert that differs by variant: its signal, a sentence with its numbers, and a link to its rows.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.alerts.alert import Variant
from shared.alerts.fields import is_resource_id, items, link, mapping, pairs, text, texts

Fields = Mapping[str, object]

_SERVICES = {
    "loganalytics": Variant.LOG_V1,
    "applicationinsights": Variant.LOG_V1,
    "servicehealth": Variant.SERVICE_HEALTH,
    "resourcehealth": Variant.RESOURCE_HEALTH,
}
_KINDS = {
    "dynamicthreshold": Variant.METRIC_DYNAMIC,
    "webtest": Variant.METRIC_AVAILABILITY,
    "metriccriteria": Variant.METRIC_STATIC,
}
_MAX_CLAUSES = 3
_MAX_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Context:
    """The fields of an alert that only its variant has.

    `signals` are the metrics of all criteria, and `resources` what the dimension `_ResourceId` names anywhere.
    `event` is what several alerts about one event share, and `is_over` that this one tells its end: activity log
    alerts never come as Resolved, their end is another alert that fires.
    """

    variant: Variant
    signals: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    link: str | None = None
    event: str = ""
    is_over: bool = False


def context_of(essentials: Fields, details: Fields) -> Context:
    """Return the context of an alert from `essentials` and `alertContext`; fields that are not understood are left out."""
    variant = _variant(essentials, details)
    if variant in {Variant.METRIC_STATIC, Variant.METRIC_DYNAMIC, Variant.METRIC_AVAILABILITY}:
        return _metric(variant, details)
    if variant in {Variant.LOG_V2, Variant.LOG_SIMPLE}:
        return _log(variant, details)
    if variant is Variant.LOG_V1:
        return _old_log(details)
    if variant is Variant.SERVICE_HEALTH:
        return _service_health(details)
    if variant is Variant.RESOURCE_HEALTH:
        return _resource_health(details)
    return _activity(details) if variant is Variant.ACTIVITY else Context(variant)


def _variant(essentials: Fields, details: Fields) -> Variant:
    # Both spellings are published: "Resource Health" and "ResourceHealth", "Activity Log" and "ActivityLog".
    service = text(essentials.get("monitoringService")).replace(" ", "").lower()
    kind = text(details.get("conditionType")).lower()
    if "SearchQuery" in details:  # also where the service is called "Platform"
        return Variant.LOG_V1
    if kind.startswith("logquery") or service == "logalertsv2":
        return Variant.LOG_SIMPLE if any(_rows(clause) for clause in _clauses(details)) else Variant.LOG_V2
    if service.startswith("activitylog"):
        return Variant.ACTIVITY
    return next(
        (variant for name, variant in _KINDS.items() if name in kind), _SERVICES.get(service, Variant.OTHER)
    )


def _clauses(details: Fields) -> list[Fields]:
    return [mapping(clause) for clause in items(mapping(details.get("condition")).get("allOf"))]


def _metric(variant: Variant, details: Fields) -> Context:
    clauses = _clauses(details)
    return Context(
        variant,
        signals=_names(clauses, "metricName"),
        resources=_resources([pairs(clause.get("dimensions")) for clause in clauses]),
        dimensions=_dimensions(clauses),
        properties=texts(details.get("properties")),
        text=_comparisons(clauses, "metricName", details),
    )


def _log(variant: Variant, details: Fields) -> Context:
    clauses = _clauses(details)
    rows = [row for clause in clauses for row in _rows(clause)]
    return Context(
        variant,
        signals=_names(clauses, "metricMeasureColumn"),
        resources=_resources([*rows, *(pairs(clause.get("dimensions")) for clause in clauses)]),
        dimensions={**_first_of_each(rows), **_dimensions(clauses)},
        properties=texts(details.get("properties")),
        text=_row_text(rows) if rows else _comparisons(clauses, "metricMeasureColumn", details),
        link=link(
            *(clause.get("linkToFilteredSearchResultsUI") for clause in clauses),
            *(clause.get("linkToSearchResultsUI") for clause in clauses),
        ),
    )


def _rows(clause: Fields) -> list[dict[str, str]]:
    """Return the rows that a simple log alert carries: `event` is a list of rows, each a list of cells."""
    return [row for cells in items(clause.get("event"), 5) if (row := pairs(cells))]


def _row_text(rows: list[dict[str, str]]) -> str:
    cells = [f"{name}: {value}" for name, value in rows[0].items() if value and not is_resource_id(name)]
    return text(f"A row matched the rule: {', '.join(cells[:_MAX_COLUMNS])}", 300)


def _names(clauses: list[Fields], field: str) -> tuple[str, ...]:
    names = (text(clause.get(field), 100) for clause in clauses)
    return tuple(dict.fromkeys(name for name in names if name))


def _resources(rows: list[dict[str, str]]) -> tuple[str, ...]:
    values = (value for row in rows for name, value in row.items() if is_resource_id(name))
    return tuple(dict.fromkeys(value for value in values if value))


def _first_of_each(rows: list[dict[str, str]]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for row in reversed(rows):
        cells.update(row)
    return cells


def _dimensions(clauses: list[Fields]) -> dict[str, str]:
    dimensions: dict[str, str] = {}
    for clause in clauses[:20]:
        dimensions.update(pairs(clause.get("dimensions")))
    return dimensions


def _comparisons(clauses: list[Fields], name: str, details: Fields) -> str:
    window = text(mapping(details.get("condition")).get("windowSize"), 20)
    comparisons = [
        comparison for clause in clauses[:_MAX_CLAUSES] if (comparison := _comparison(clause, name))
    ]
    over = f" over {window}" if window and comparisons else ""
    return text("; ".join(comparisons) + over, 300)


def _comparison(clause: Fields, name: str) -> str:
    """Say one clause so that it is true of a fired and of a resolved alert."""
    measured = text(clause.get(name), 100) or text(clause.get("webTestName"), 100) or "the result"
    value = text(clause.get("metricValue"), 40)
    how, operator, threshold = (
        text(clause.get(field), 40) for field in ("timeAggregation", "operator", "threshold")
    )
    if not value:
        return ""
    asks = f", the rule asks for {operator} {threshold}" if operator and threshold else ""
    dimensions = {
        field: other
        for field, other in pairs(clause.get("dimensions"), 4).items()
        if not is_resource_id(field)
    }
    where = ", ".join(f"{field}: {other[:80]}" for field, other in dimensions.items())
    return f"{measured}{f' ({how})' if how else ''} was {value}{asks}{f' ({where})' if where else ''}"


def _old_log(details: Fields) -> Context:
    count, threshold = text(details.get("ResultCount"), 20), text(details.get("Threshold"), 20)
    asks = f", the rule asks for {text(details.get('Operator'), 40)} {threshold}" if threshold else ""
    dimensions = pairs(details.get("Dimensions"))
    return Context(
        Variant.LOG_V1,
        resources=_resources([dimensions]),
        dimensions=dimensions,
        text=f"The search had {count} results{asks}" if count else "",
        link=link(details.get("LinkToFilteredSearchResultsUI"), details.get("LinkToSearchResults")),
    )


def _activity(details: Fields) -> Context:
    # Neither `claims` nor `caller`: who did it is a person, and the claims are those of a token.
    return Context(
        Variant.ACTIVITY,
        text=" ".join(
            part for part in (text(details.get("operationName")), text(details.get("status"), 40)) if part
        ),
    )


def _service_health(details: Fields) -> Context:
    event = mapping(details.get("properties"))
    about = ", ".join(
        part for part in (text(event.get("service"), 80), text(event.get("region"), 80)) if part
    )
    stage = text(event.get("stage"), 40)
    sentence = f"{text(event.get('incidentType'), 40) or 'Event'}: {text(event.get('title'), 150)}"
    return Context(
        Variant.SERVICE_HEALTH,
        text=text(f"{sentence}{f' ({about})' if about else ''}{f', {stage}' if stage else ''}", 300),
        event=text(event.get("trackingId")),
        is_over="resolved" in {text(details.get("status")).lower(), stage.lower()},
    )


def _resource_health(details: Fields) -> Context:
    event = mapping(details.get("properties"))
    before, after = (text(event.get(f"{time}HealthStatus"), 40) for time in ("previous", "current"))
    change = f": from {before or 'unknown'} to {after or 'unknown'}"
    cause = text(event.get("cause"), 40)
    sentence = (
        f"{text(event.get('title'), 150) or 'Its health changed'}{change}{f' ({cause})' if cause else ''}"
    )
    return Context(
        Variant.RESOURCE_HEALTH,
        text=text(sentence, 300),
        event=text(details.get("correlationId")),
        is_over=text(details.get("status")).lower() == "resolved",
    )
