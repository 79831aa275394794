"""Tell which watched resource and which symptom an alert means, and what to add to its rule where it says neither."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.alerts.alert import Alert
from shared.alerts.fields import is_resource_id
from shared.alerts.parse import keyed
from shared.configuration.alerts import NamedRule
from shared.configuration.resources import WatchedResource
from shared.signals.metrics.families import METRIC_FAMILIES

RESOURCE = "linekeeperResource"
SYMPTOM = "linekeeperSymptom"


class FitReason(StrEnum):
    """Whether an alert fits an incident, and if not, what it lacks."""

    FITS = "it names a watched resource and a symptom"
    NOT_WATCHED = f"its custom property {RESOURCE} names no watched resource"
    NO_RESOURCE = "it names no watched resource"
    UNKNOWN_SYMPTOM = f"its custom property {SYMPTOM} is not a symptom of that resource"
    NO_SYMPTOM = "nothing says which symptom it is"


@dataclass(frozen=True, slots=True)
class AlertMeaning:
    """What an alert means; `advice` is what to add to its rule, empty where it fits."""

    reason: FitReason
    resource: WatchedResource | None = None
    symptom: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class AlertContext:
    """What an alert is compared with: the watched resources, the ARM type of each symptom, and the rules by name."""

    resources: Sequence[WatchedResource]
    services: Mapping[str, str]  # id of each symptom, to the ARM type that has it
    rules: Sequence[NamedRule] = ()

    def resource(self, wanted: str) -> WatchedResource | None:
        """Return a watched resource by its id in any spelling."""
        return next((one for one in self.resources if one.id == keyed(wanted)), None)

    def symptoms_of(self, resource: WatchedResource) -> list[str]:
        """Return the symptoms that a resource can have."""
        return sorted(one for one, service in self.services.items() if service == resource.service)


def meaning_of(alert: Alert, known: AlertContext) -> AlertMeaning:
    """Return what an alert means."""
    named = _property(alert, RESOURCE)
    resource = _first_watched([named] if named else _candidates(alert), known)
    if resource is None:
        return AlertMeaning(
            FitReason.NOT_WATCHED if named else FitReason.NO_RESOURCE, advice=_resource_advice(named)
        )
    possible = known.symptoms_of(resource)
    wanted = _property(alert, SYMPTOM).lower()
    symptom = wanted or _symptom(alert, known, possible)
    if symptom not in possible:
        reason = FitReason.UNKNOWN_SYMPTOM if wanted else FitReason.NO_SYMPTOM
        return AlertMeaning(reason, resource, advice=_symptom_advice(alert, possible))
    return AlertMeaning(FitReason.FITS, resource, symptom)


def _property(alert: Alert, wanted: str) -> str:
    found = (value for name, value in alert.properties.items() if name.lower() == wanted.lower())
    return next(found, "").strip()


def _candidates(alert: Alert) -> list[str]:
    return [*(value for name, value in alert.dimensions.items() if is_resource_id(name)), *alert.targets]


def _first_watched(candidates: Iterable[str], known: AlertContext) -> WatchedResource | None:
    return next((found for one in candidates if (found := known.resource(one))), None)


def _symptom(alert: Alert, known: AlertContext, possible: Sequence[str]) -> str:
    """Return the symptom that the rule's name or its metric stands for; the team's own word comes first."""
    named = (rule.symptom for rule in known.rules if rule.fits(alert.title))
    measured = (
        one.signal.symptom for one in METRIC_FAMILIES if one.metric.lower() == alert.signal.strip().lower()
    )
    return next((one for one in (*named, *measured) if one in possible), "")


def _resource_advice(named: str) -> str:
    if named:
        return f"Correct {RESOURCE} in the rule's custom properties ({named}), or add it to config/resources.yaml."
    return (
        f"Add the custom property {RESOURCE} to the rule, with the id of a resource of config/resources.yaml, "
        "or split its query by the dimension _ResourceId."
    )


def _symptom_advice(alert: Alert, possible: Sequence[str]) -> str:
    return (
        f"Add the custom property {SYMPTOM} to the rule, with one of {', '.join(possible)}, "
        f"or name the rule {alert.title!r} in config/alerts.yaml."
    )
