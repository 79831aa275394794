"""Read an alert of Azure Monitor's common alert schema from the bytes of a request."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerts.alert import Alert, digest
from shared.alerts.context import Context, Fields, context_of
from shared.alerts.drill import MARK
from shared.alerts.fields import items, link, mapping, moment_of, text, texts
from shared.configuration.arm import resource_id
from shared.errors import InputError
from shared.redaction import redact

SCHEMA = "azureMonitorCommonAlertSchema"
_SEVERITY = re.compile(r"\s*sev([0-4])\s*", re.IGNORECASE)
_LEAST_URGENT = 1
_CONDITIONS = {"fired": True, "resolved": False}
# What the test of an action group sends: the same examples of Microsoft's at each press of its button.
_EXAMPLE = "12345678-1234-1234-1234-1234567890ab"  # the guid of each example's alert
_EXAMPLE_SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111/"
_OLD = timedelta(days=365)  # Azure tries for minutes to deliver an alert; its examples are of years ago
_PORTAL = "https://portal.azure.com/#@/resource"
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What an alert is about may stand before the last `/providers/`. Nothing in it leads elsewhere when it is asked for.
_AZURE_ID = re.compile(
    rf"/subscriptions/{_GUID}(?:/(?!\.\.?/)[\w.()-]+)*/providers/microsoft\.alertsmanagement/alerts/{_GUID}",
    re.ASCII,
)


def alert_of(body: bytes) -> Alert:
    """Return the alert of a request's body.

    Raises:
        InputError: it is not an alert of the common alert schema. No bytes raise any other error.
    """
    data, essentials = _parts(body)
    context = context_of(essentials, mapping(data.get("alertContext")))
    return _alert(essentials, context, _fired_at(essentials), texts(data.get("customProperties")))


@dataclass(frozen=True, slots=True)
class Glance:
    """What is seen of an alert at the door: enough to answer for it, and nothing that is shown to people."""

    key: str
    fired_at: datetime
    azure_id: str
    targets: tuple[str, ...]  # as they came, in lower case
    is_drill: bool
    is_urgent: bool
    is_found: bool = False


def glance_at(body: bytes, mark: str = "") -> Glance:
    """Return what an answer depends on; `mark` tells apart what is the same to the last byte.

    To read all of an alert takes a hundred times as long, for its texts are redacted; who handles it does that.

    Raises:
        InputError: as `alert_of` does.
    """
    data, essentials = _parts(body)
    fired_at, fired = _fired_at(essentials), _is_fired(essentials)
    own, origin = _names(essentials, _word)
    rule, moment = _word(essentials.get("alertRule"), 120), fired_at.isoformat(timespec="microseconds")
    delivery = digest(own, moment, mark)[:8]
    key = f"{digest(rule, origin, moment)}.{delivery}.{'fired' if fired else 'resolved'}"
    targets = tuple(target.lower() for target in _listed_targets(essentials))
    is_drill = MARK in mapping(data.get("customProperties"))
    azure_id, severity = azure_id_of(essentials.get("alertId")), _severity(essentials, _word)
    return Glance(key, fired_at, azure_id, targets, is_drill, is_urgent(severity))


def is_urgent(severity: int | None) -> bool:
    """Tell whether an alert of a severity of Azure's, 0 to 4, goes before the others."""
    return severity is not None and severity <= _LEAST_URGENT


def is_sample(alert: Alert | Glance, now: datetime) -> bool:
    """Tell whether an alert is an example: by its ids, or because nothing that fired so long ago is delivered now."""
    if alert.is_found:
        return False
    ids = (alert.azure_id, *alert.targets)
    is_named = alert.azure_id.endswith(f"/{_EXAMPLE}") or any(
        each.startswith(_EXAMPLE_SUBSCRIPTION) for each in ids
    )
    return is_named or now - alert.fired_at > _OLD


def _parts(body: bytes) -> tuple[Fields, Fields]:
    """Return the data and the essentials of a request's body."""
    payload = mapping(_json(body))
    data = mapping(payload.get("data"))
    essentials = mapping(data.get("essentials"))
    if _word(payload.get("schemaId"), 200).lower() != SCHEMA.lower() or not essentials:
        raise InputError(
            "alert: schemaId",
            f"it is {text(payload.get('schemaId'), 60) or 'missing'!r}, or data.essentials is missing",
            f"{SCHEMA} with data.essentials; switch the common alert schema on in the action",
        )
    return data, essentials


def _word(value: object, most: int) -> str:
    """Return a text as `text` does, but not redacted where it is plain; it is only compared, and hashed."""
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable() and "  " not in value
    return value.strip()[:most] if is_plain and isinstance(value, str) else text(value, most)


def _json(body: bytes) -> object:
    expected = "JSON of the common alert schema"
    try:
        payload: object = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("alert", f"byte {error.start + 1} is not UTF-8", f"{expected} in UTF-8") from error
    except RecursionError:
        raise InputError("alert", "it is nested too deeply", expected) from None
    except ValueError as error:
        raise InputError("alert", f"it is not JSON ({text(str(error), 100)})", expected) from error
    return payload


def _fired_at(essentials: Fields) -> datetime:
    moment = moment_of(essentials.get("firedDateTime"))
    if moment is None:
        wrong = f"it is {text(essentials.get('firedDateTime'), 60) or 'missing'!r}"
        raise InputError("alert: essentials.firedDateTime", wrong, "a time such as 2026-03-02T12:05:00Z")
    return moment


def _is_fired(essentials: Fields) -> bool:
    condition = _word(essentials.get("monitorCondition"), 60)
    if condition.lower() not in _CONDITIONS:
        raise InputError(
            "alert: essentials.monitorCondition",
            f"it is {redact(condition) or 'missing'!r}",
            "Fired or Resolved",
        )
    return _CONDITIONS[condition.lower()]


def _names(essentials: Fields, read: Callable[[object, int], str] = text) -> tuple[str, str]:
    """Return the ids of the alert and of its occurrence; where one is missing the other takes its place."""
    own, origin = (read(essentials.get(field), 500) for field in ("alertId", "originAlertId"))
    if not own and not origin:
        raise InputError("alert: essentials.alertId", "it is missing", "the id of the alert")
    return own or origin, origin or own


def _alert(essentials: Fields, context: Context, fired_at: datetime, custom: dict[str, str]) -> Alert:
    own, origin = _names(essentials)
    fired = _is_fired(essentials)
    rule = text(essentials.get("alertRule"), 120)
    targets = tuple(dict.fromkeys(_targets(essentials)))
    # Fired and Resolved share the time of firing; the alerts about one event only what the event is called.
    occurrence = (
        (context.event, *targets[:1])
        if context.event
        else (origin, fired_at.isoformat(timespec="microseconds"))
    )
    return Alert(
        id=digest(context.variant, rule, *occurrence),
        delivery=digest(own, fired_at.isoformat(timespec="microseconds"))[:8],
        fired=fired and not context.is_over,
        title=rule or text(essentials.get("description"), 120) or str(context.variant),
        severity=_severity(essentials),
        fired_at=fired_at,
        resolved_at=moment_of(essentials.get("resolvedDateTime")),
        targets=targets,
        variant=context.variant,
        signals=context.signals,
        resources=context.resources,
        dimensions=context.dimensions,
        properties={**context.properties, **custom},
        text=context.text or text(essentials.get("description"), 300),
        link=context.link
        or link(essentials.get("investigationLink"), *(_PORTAL + target for target in targets[:1])),
        azure_id=azure_id_of(essentials.get("alertId")),
    )


def _severity(essentials: Fields, read: Callable[[object, int], str] = text) -> int | None:
    match = _SEVERITY.fullmatch(read(essentials.get("severity"), 20))
    return int(match[1]) if match else None


def _targets(essentials: Fields) -> list[str]:
    return [keyed(target) for target in _listed_targets(essentials)]


def _listed_targets(essentials: Fields) -> list[str]:
    value = essentials.get("alertTargetIDs")
    listed = [value] if isinstance(value, str) else items(value)
    return [target for target in listed if isinstance(target, str) and target.strip()]


def azure_id_of(value: object) -> str:
    """Return the ARM id of an alert of Alerts Management in lower case; any other value gives an empty text."""
    listed = value.strip().lower() if isinstance(value, str) and len(value) <= 1_000 else ""
    return listed if _AZURE_ID.fullmatch(listed) else ""


def keyed(target: str) -> str:
    """Return an ARM id as Linekeeper keys it; an id of something else, such as a subscription, in lower case."""
    try:
        return resource_id(target[:1_000])
    except InputError:
        return text(target.lower(), 500)
