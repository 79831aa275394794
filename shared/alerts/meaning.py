"""Tell which watched resource and which symptom an alert means, and what to add to its rule where it says neither."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from shared.alerts.alert import Alert
from shared.alerts.parse import keyed
from shared.configuration.alerts import NamedRule
from shared.configuration.arm import resource_type
from shared.configuration.resources import WATCHED_TYPES, WatchedResource
from shared.errors import InputError
from shared.signals.metrics.families import METRIC_FAMILIES

RESOURCE = "linekeeperResource"
SYMPTOM = "linekeeperSymptom"
_PLAIN = re.compile(r"[\w./()-]+")  # what stands in a line of YAML as it is


class FitReason(StrEnum):
    """Whether an alert fits an incident, and if not, what it lacks."""

    FITS = "it names a watched resource and a symptom"
    NOT_WATCHED = f"its custom property {RESOURCE} names no watched resource"
    NO_RESOURCE = "it names no watched resource"
    UNKNOWN_SYMPTOM = f"its custom property {SYMPTOM} is not a symptom of that resource"
    NO_SYMPTOM = "nothing says which symptom it is"


@dataclass(frozen=True, slots=True)
class AlertMeaning:
    """The resource and symptom of an alert; `advice` says what to add to its rule, and is empty where both are clear."""

    reason: FitReason
    resource: WatchedResource | None = None
    symptom: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class AlertContext:
    """The configuration that gives an alert its meaning: watched resources, the ARM type of each symptom, named rules."""

    resources: Sequence[WatchedResource]
    services: Mapping[str, str]  # id of each symptom, to the ARM type that has it
    rules: Sequence[NamedRule] = ()

    def resource(self, resource_id: str) -> WatchedResource | None:
        """Return a watched resource by its ARM id in any spelling; None where it is not watched."""
        return next((resource for resource in self.resources if resource.id == keyed(resource_id)), None)

    def symptoms_of(self, resource: WatchedResource) -> list[str]:
        """Return the symptoms that a resource can have."""
        return sorted(symptom for symptom, service in self.services.items() if service == resource.service)


def meaning_of(alert: Alert, context: AlertContext) -> AlertMeaning:
    """Return the resource and symptom that an alert means, or why it has none."""
    resource_id = _property(alert, RESOURCE)
    resource = _first_watched([resource_id] if resource_id else _candidates(alert), context)
    if resource is None:
        return AlertMeaning(
            FitReason.NOT_WATCHED if resource_id else FitReason.NO_RESOURCE,
            advice=_resource_advice(alert, resource_id),
        )
    possible = context.symptoms_of(resource)
    own_symptom = _property(alert, SYMPTOM).lower()
    symptom = own_symptom or _symptom(alert, context, possible)
    if symptom not in possible:
        reason = FitReason.UNKNOWN_SYMPTOM if own_symptom else FitReason.NO_SYMPTOM
        return AlertMeaning(reason, resource, advice=_symptom_advice(alert, possible))
    return AlertMeaning(FitReason.FITS, resource, symptom)


def _property(alert: Alert, key: str) -> str:
    fields = (*alert.properties.items(), *alert.dimensions.items())
    return next((value for name, value in fields if name.lower() == key.lower()), "").strip()


def _candidates(alert: Alert) -> list[str]:
    return [*alert.resources, *alert.targets]


def _first_watched(candidates: Iterable[str], context: AlertContext) -> WatchedResource | None:
    return next((resource for candidate in candidates if (resource := context.resource(candidate))), None)


def _symptom(alert: Alert, context: AlertContext, possible: Sequence[str]) -> str:
    """Return the symptom of the alert's rule in config/alerts.yaml, else that of one of its metrics, else an empty text."""
    rule_symptoms = (rule.symptom for rule in context.rules if rule.fits(alert.title))
    metric_symptoms = (
        family.signal.symptom
        for signal in alert.signals
        for family in METRIC_FAMILIES
        if family.metric.lower() == signal.strip().lower()
    )
    return next((symptom for symptom in (*rule_symptoms, *metric_symptoms) if symptom in possible), "")


def _resource_advice(alert: Alert, resource_id: str) -> str:
    watchable = _watchable([resource_id] if resource_id else _candidates(alert))
    if watchable:
        return (
            f"To have it watched, add this line under `resources:` of config/resources.yaml:\n\n- {watchable}"
        )
    if resource_id:
        return f"Correct {RESOURCE} in the rule's custom properties ({resource_id}), or add it to config/resources.yaml."
    return (
        f"Add the custom property {RESOURCE} to the rule, with the id of a resource of config/resources.yaml, "
        "or split its query by the dimension _ResourceId."
    )


def _watchable(candidates: Iterable[str]) -> str:
    """Return the first id of a resource that can be watched, as resources.yaml names it; an empty text without one."""
    for candidate in candidates:
        with suppress(InputError):
            listed = keyed(candidate)
            if resource_type(listed) in WATCHED_TYPES and _PLAIN.fullmatch(listed):
                return listed
    return ""


def _symptom_advice(alert: Alert, possible: Sequence[str]) -> str:
    return (
        f"Add the custom property {SYMPTOM} to the rule, with one of {', '.join(possible)}, "
        f"or name the rule {alert.title!r} in config/alerts.yaml."
    )
