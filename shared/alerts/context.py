"""Read the part of an alert that differs by variant: which signal, its numbers in one sentence, and where to look.

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
_MOST_CLAUSES = 3
_MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Context:
    """What a variant says beyond the essentials.

    `event` is what several alerts about one event share, and `is_over` that this one tells its end: activity log
    alerts never come as Resolved, their end is another alert that fires.
    """

    variant: Variant
    signal: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    link: str | None = None
    event: str = ""
    is_over: bool = False


def context_of(essentials: Fields, given: Fields) -> Context:
    """Return the context of an alert; what is not understood is left out."""
    variant = _variant(essentials, given)
    if variant in {Variant.METRIC_STATIC, Variant.METRIC_DYNAMIC, Variant.METRIC_AVAILABILITY}:
        return _metric(variant, given)
    if variant in {Variant.LOG_V2, Variant.LOG_SIMPLE}:
        return _log(variant, given)
    if variant is Variant.LOG_V1:
        return _old_log(given)
    if variant is Variant.SERVICE_HEALTH:
        return _service_health(given)
    if variant is Variant.RESOURCE_HEALTH:
        return _resource_health(given)
    return _activity(given) if variant is Variant.ACTIVITY else Context(variant)


def _variant(essentials: Fields, given: Fields) -> Variant:
    # Both spellings are published: "Resource Health" and "ResourceHealth", "Activity Log" and "ActivityLog".
    service = text(essentials.get("monitoringService")).replace(" ", "").lower()
    kind = text(given.get("conditionType")).lower()
    if "SearchQuery" in given:  # also where the service is called "Platform"
        return Variant.LOG_V1
    if kind.startswith("logquery") or service == "logalertsv2":
        return Variant.LOG_SIMPLE if any(_rows(clause) for clause in _clauses(given)) else Variant.LOG_V2
    if service.startswith("activitylog"):
        return Variant.ACTIVITY
    return next(
        (variant for name, variant in _KINDS.items() if name in kind), _SERVICES.get(service, Variant.OTHER)
    )


def _clauses(given: Fields) -> list[Fields]:
    return [mapping(one) for one in items(mapping(given.get("condition")).get("allOf"))]


def _metric(variant: Variant, given: Fields) -> Context:
    clauses = _clauses(given)
    return Context(
        variant,
        signal=next((name for one in clauses if (name := text(one.get("metricName"), 100))), ""),
        dimensions=_dimensions(clauses),
        properties=texts(given.get("properties")),
        text=_compared(clauses, "metricName", given),
    )


def _log(variant: Variant, given: Fields) -> Context:
    clauses = _clauses(given)
    rows = [row for one in clauses for row in _rows(one)]
    return Context(
        variant,
        dimensions={**(rows[0] if rows else {}), **_dimensions(clauses)},
        properties=texts(given.get("properties")),
        text=_row(rows) if rows else _compared(clauses, "metricMeasureColumn", given),
        link=link(
            *(one.get("linkToFilteredSearchResultsUI") for one in clauses),
            *(one.get("linkToSearchResultsUI") for one in clauses),
        ),
    )


def _rows(clause: Fields) -> list[dict[str, str]]:
    """Return the rows that a simple log alert carries: `event` is a list of rows, each a list of cells."""
    return [row for one in items(clause.get("event"), 5) if (row := pairs(one))]


def _row(rows: list[dict[str, str]]) -> str:
    cells = [f"{name}: {value}" for name, value in rows[0].items() if value and not is_resource_id(name)]
    return text(f"A row matched the rule: {', '.join(cells[:_MOST_COLUMNS])}", 300)


def _dimensions(clauses: list[Fields]) -> dict[str, str]:
    found: dict[str, str] = {}
    for clause in clauses[:20]:
        found.update(pairs(clause.get("dimensions")))
    return found


def _compared(clauses: list[Fields], name: str, given: Fields) -> str:
    window = text(mapping(given.get("condition")).get("windowSize"), 20)
    said = [one for clause in clauses[:_MOST_CLAUSES] if (one := _comparison(clause, name))]
    over = f" over {window}" if window and said else ""
    return text("; ".join(said) + over, 300)


def _comparison(clause: Fields, name: str) -> str:
    """Say one clause so that it is true of a fired and of a resolved alert."""
    measured = text(clause.get(name), 100) or text(clause.get("webTestName"), 100) or "the result"
    value = text(clause.get("metricValue"), 40)
    how, operator, threshold = (
        text(clause.get(one), 40) for one in ("timeAggregation", "operator", "threshold")
    )
    if not value:
        return ""
    asks = f", the rule asks for {operator} {threshold}" if operator and threshold else ""
    named = {
        one: other for one, other in pairs(clause.get("dimensions"), 4).items() if not is_resource_id(one)
    }
    where = ", ".join(f"{one}: {other[:80]}" for one, other in named.items())
    return f"{measured}{f' ({how})' if how else ''} was {value}{asks}{f' ({where})' if where else ''}"


def _old_log(given: Fields) -> Context:
    count, threshold = text(given.get("ResultCount"), 20), text(given.get("Threshold"), 20)
    asks = f", the rule asks for {text(given.get('Operator'), 40)} {threshold}" if threshold else ""
    return Context(
        Variant.LOG_V1,
        dimensions=pairs(given.get("Dimensions")),
        text=f"The search had {count} results{asks}" if count else "",
        link=link(given.get("LinkToFilteredSearchResultsUI"), given.get("LinkToSearchResults")),
    )


def _activity(given: Fields) -> Context:
    # Neither `claims` nor `caller`: who did it is a person, and the claims are those of a token.
    return Context(
        Variant.ACTIVITY,
        text=" ".join(
            one for one in (text(given.get("operationName")), text(given.get("status"), 40)) if one
        ),
    )


def _service_health(given: Fields) -> Context:
    event = mapping(given.get("properties"))
    about = ", ".join(one for one in (text(event.get("service"), 80), text(event.get("region"), 80)) if one)
    stage = text(event.get("stage"), 40)
    said = f"{text(event.get('incidentType'), 40) or 'Event'}: {text(event.get('title'), 150)}"
    return Context(
        Variant.SERVICE_HEALTH,
        text=text(f"{said}{f' ({about})' if about else ''}{f', {stage}' if stage else ''}", 300),
        event=text(event.get("trackingId")),
        is_over="resolved" in {text(given.get("status")).lower(), stage.lower()},
    )


def _resource_health(given: Fields) -> Context:
    event = mapping(given.get("properties"))
    before, after = (text(event.get(f"{one}HealthStatus"), 40) for one in ("previous", "current"))
    change = f": from {before or 'unknown'} to {after or 'unknown'}"
    cause = text(event.get("cause"), 40)
    said = f"{text(event.get('title'), 150) or 'Its health changed'}{change}{f' ({cause})' if cause else ''}"
    return Context(
        Variant.RESOURCE_HEALTH,
        text=text(said, 300),
        event=text(given.get("correlationId")),
        is_over=text(given.get("status")).lower() == "resolved",
    )
