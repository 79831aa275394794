"""The facts that the rules of the review name, made of what Azure answered about a resource and its subscription."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.configuration.arm import resource_type
from shared.context.dependencies import USUAL_IDLE_LIMIT
from shared.context.live import Documents, Gap, LiveConfiguration
from shared.context.ports import RawJson
from shared.context.review.judge import Facts
from shared.context.states import clients_denied
from shared.queries.categories import CATEGORIES

_VERSION = (
    "2025-01-01-preview"  # the newest that is read, so that a command loses no setting that it does not know
)
_PREFIXES = {
    "microsoft.signalrservice/webpubsub": "WebPubSub",
    "microsoft.communication/communicationservices": "ACS",
}
_ALL_LOGS = "alllogs"
_ACTIVITY = "administrative"
_WIDE = re.compile(r"\*|internet|[0-9a-f.:]+/[0-7]", re.IGNORECASE)  # the addresses of an IP rule


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What beside the resource itself the rules look at."""

    environment: str
    alerts: Documents  # the activity log alerts of the subscription
    subscription_settings: Documents  # where the activity log goes
    signs_with_key: bool | Gap = (
        False  # whether the app signs the tokens of clients with a key of the resource
    )
    idle_limit: int = USUAL_IDLE_LIMIT  # seconds, of the strictest proxy before the resource
    dependencies: Sequence[Mapping[str, Any]] = ()


def facts_of(live: LiveConfiguration, around: Surroundings) -> Facts:
    """Return every fact by its name; one that could not be read is its gap."""
    settings = _of_settings(live.diagnostic_settings, _goes_to_workspace)
    handlers = _mapped(live.hubs, _handlers)
    return {
        "line": _line(live.resource, around.environment),
        "resource": live.body,
        "hubs": _mapped(live.hubs, _hubs),
        "handlers": handlers,
        "wide_ip_rules": _wide_ip_rules(live.body),
        "network": live.body
        if isinstance(live.body, Gap)
        else {"denies_clients": clients_denied(live.body).holds},
        "replicas": live.replicas,
        "private_endpoints": live.private_endpoints,
        "settings": settings,
        "categories": settings if isinstance(settings, Gap) else _categories(live.resource, settings),
        "logging": _logging(live.resource, live.body),
        "keys": _keys(live.body, handlers, signs=around.signs_with_key),
        "proxy": {"idle_limit": around.idle_limit},
        "alerts": _of_settings(around.alerts, _is_about_service_health),
        "activity": _of_settings(around.subscription_settings, _takes_activity),
        "dependencies": around.dependencies,
    }


def _line(resource: str, environment: str) -> Mapping[str, str]:
    parts = resource.split("/")
    return {
        "id": resource,
        "uri": f"{resource}?api-version={_VERSION}",
        "version": _VERSION,
        "name": parts[-1],
        "group": parts[4],
        "subscription": parts[2],
        "scope": f"/subscriptions/{parts[2]}",
        "environment": environment,
    }


def _mapped(documents: Documents, build: Any) -> Sequence[Mapping[str, Any]] | Gap:
    return documents if isinstance(documents, Gap) else tuple(build(documents))


def _of_settings(documents: Documents, fits: Any) -> Sequence[RawJson] | Gap:
    return documents if isinstance(documents, Gap) else tuple(filter(fits, documents))


def _hubs(hubs: Iterable[RawJson]) -> Iterator[Mapping[str, Any]]:
    for hub in hubs:
        # What the service does where a hub says nothing.
        properties = {"webSocketKeepAliveIntervalInSeconds": 20, **_bag(hub.get("properties"))}
        yield {**hub, "properties": properties}


def _handlers(hubs: Iterable[RawJson]) -> Iterator[Mapping[str, Any]]:
    for hub in hubs:
        for index, handler in enumerate(_list(_bag(hub.get("properties")).get("eventHandlers"))):
            address = str(_bag(handler).get("urlTemplate") or "")
            yield {
                "name": f"handler {index + 1} of hub {hub.get('name')}",
                "hub_id": str(hub.get("id")),
                "path": f"properties.eventHandlers[{index}]",
                "address": address.partition("?")[0],
                "has_key": "[redacted " in address,
                "auth": str(_bag(_bag(handler).get("auth")).get("type") or "None"),
            }


def _wide_ip_rules(body: RawJson | Gap) -> Sequence[Mapping[str, Any]] | Gap:
    """Return the IP rules that let in everybody, or a large part of the internet, as one item with what removes them."""
    if isinstance(body, Gap):
        return body
    path = "properties.networkACLs.ipRules"
    rules = _list(_bag(_bag(body.get("properties")).get("networkACLs")).get("ipRules"))
    wide = [index for index, rule in enumerate(map(_bag, rules)) if _is_wide(rule)]
    # The last first: what is removed changes the places of those behind it.
    removals = [word for index in reversed(wide) for word in ("--remove", path, str(index))]
    names = ", ".join(str(rules[index]["value"]) for index in wide)
    return ({"name": names, "removals": removals},) if wide else ()


def _is_wide(rule: Mapping[str, Any]) -> bool:
    allows = str(rule.get("action")).lower() == "allow"
    return allows and _WIDE.fullmatch(str(rule.get("value") or "").strip()) is not None


def _keys(
    body: RawJson | Gap, handlers: Sequence[Mapping[str, Any]] | Gap, *, signs: bool | Gap
) -> Mapping[str, Any] | Gap:
    """Return whether keys are on, and what needs them: signatures of events, or tokens that the app signs."""
    if isinstance(body, Gap):
        return body
    is_on = _bag(body.get("properties")).get("disableLocalAuth") is not True
    if isinstance(handlers, Gap):
        return {"on": is_on, "needed_by": handlers}
    needed_by = [handler["name"] for handler in handlers if handler["auth"].lower() != "managedidentity"]
    if isinstance(signs, Gap):
        return {"on": is_on, "needed_by": needed_by or signs}
    return {"on": is_on, "needed_by": [*needed_by, *(["the tokens that this app signs"] if signs else [])]}


def _categories(resource: str, settings: Sequence[RawJson]) -> Mapping[str, Any]:
    """Return which of the categories that diagnoses read reach no workspace, and the setting that can send them."""
    enabled = {name for setting in settings for name in _enabled(setting)}
    missing = [
        name for name in _categories_read(resource) if not ({name.lower(), _ALL_LOGS} & enabled)
    ]  # fmt: skip
    if not settings:
        return {"missing": missing}
    setting = min(settings, key=_has_group)
    return {
        "missing": missing,
        "setting": setting.get("name"),
        "logs": json.dumps(_with_categories(setting, missing), separators=(",", ":")),
    }


def _with_categories(setting: RawJson, missing: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the logs of a setting with some more; a setting takes either categories or groups."""
    if _has_group(setting):
        return [{"categoryGroup": "allLogs", "enabled": True}]
    names = [name for name in _categories_of(setting) if name not in missing]
    return [{"category": name, "enabled": True} for name in (*names, *missing)]


def _categories_of(setting: RawJson) -> Sequence[str]:
    return [str(log["category"]) for log in _logs_on(setting) if log.get("category")]


def _has_group(setting: RawJson) -> bool:
    return any(not log.get("category") for log in _logs_on(setting))


def _categories_read(resource: str) -> Sequence[str]:
    prefix = _PREFIXES[resource_type(resource)]
    return [category for table, category in CATEGORIES.items() if table.startswith(prefix)]


def _logging(resource: str, body: RawJson | Gap) -> Mapping[str, Any] | Gap:
    """Return what a Web PubSub resource itself does not log, whatever its diagnostic settings ask for."""
    if isinstance(body, Gap):
        return body
    wanted = {name.lower() for name in _categories_read(resource)}
    stated = _list(_bag(_bag(body.get("properties")).get("resourceLogConfiguration")).get("categories"))
    categories = [category for category in map(_bag, stated) if category]
    off = [each for each in categories if _is_off(each) and str(each.get("name")).lower() in wanted]
    switched_on = [{**each, "enabled": "true"} if each in off else each for each in categories]
    configuration = {"properties": {"resourceLogConfiguration": {"categories": switched_on}}}
    return {
        "off": [str(each.get("name")) for each in off],
        "switched_on": json.dumps(configuration, separators=(",", ":")),
    }


def _is_off(category: Mapping[str, Any]) -> bool:
    return str(category.get("enabled")).lower() == "false"


def _enabled(setting: RawJson) -> Iterator[str]:
    for log in _logs_on(setting):
        yield str(log.get("category") or log.get("categoryGroup") or "").lower()


def _logs_on(setting: RawJson) -> Iterator[Mapping[str, Any]]:
    """Return the logs that a diagnostic setting sends, by category or by group."""
    logs = map(_bag, _list(_bag(setting.get("properties")).get("logs")))
    return (log for log in logs if log.get("enabled") is True)


def _goes_to_workspace(setting: RawJson) -> bool:
    return bool(_bag(setting.get("properties")).get("workspaceId")) and any(_enabled(setting))


def _takes_activity(setting: RawJson) -> bool:
    return _goes_to_workspace(setting) and bool({_ACTIVITY, _ALL_LOGS} & set(_enabled(setting)))


def _is_about_service_health(alert: RawJson) -> bool:
    properties = _bag(alert.get("properties"))
    conditions = map(_bag, _list(_bag(properties.get("condition")).get("allOf")))
    leaves = [leaf for one in conditions for leaf in (one, *map(_bag, _list(one.get("anyOf"))))]
    return properties.get("enabled") is not False and any(
        str(leaf.get("field")).lower() == "category" and str(leaf.get("equals")).lower() == "servicehealth"
        for leaf in leaves
    )


def _bag(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
