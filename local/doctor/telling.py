"""Whether alerts reach the app, people are told, and somebody is told where the app itself is silent."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.doctor.app import SITE_VERSION, WatchingApp
from local.doctor.azure import WITHIN, AskedAzure
from local.doctor.remark import BY_HAND, Light, Remark, unread
from shared.configuration.receivers import Receiver, ReceiverKind, Routing
from shared.context.configuration import gap_of
from shared.context.live import Documents, Gap
from shared.context.ports import RawJson, SourceUnavailableError
from shared.health.heartbeat import HEARTBEAT, TRACK_HEARTBEAT

RECEIVERS, GROUP, BEATS = "receivers", "action group", "heartbeat"

_GROUPS_VERSION, _RULES_VERSION = "2023-01-01", "2023-12-01"
_ROUTE = "/api/alerts"
_RULES = (("watch", HEARTBEAT), ("track", TRACK_HEARTBEAT))
_OF_PEOPLE = ("emailReceivers", "smsReceivers", "voiceReceivers", "azureAppPushReceivers", "armRoleReceivers")


def receiver_remarks(azure: AskedAzure, app: WatchingApp, routing: Routing) -> Iterator[Remark]:
    """Tell of each receiver whether the app has the address of its channel."""
    if isinstance(app.settings, Gap):
        yield unread(RECEIVERS, "the settings of the receivers", app.settings)
        return
    references = _references(azure, app)
    for receiver in routing.receivers:
        for setting in receiver.settings:
            yield _remark_on(receiver, setting, app, app.settings.get(setting, ""), references)


def _remark_on(
    receiver: Receiver,
    setting: str,
    app: WatchingApp,
    value: str,
    references: Mapping[str, Mapping[str, Any]] | Gap,
) -> Remark:
    what, is_key = f"{receiver.name}: the setting {setting}", setting == receiver.key_setting
    variable = _variable_of(receiver, setting)
    mend = f'az functionapp config appsettings set {app.target} --settings "{setting}=${variable}"'
    if not value:
        return Remark(
            RECEIVERS, Light.RED, f"{what} is missing or empty, so that its notices wait", mend, BY_HAND
        )
    if not value.startswith("@Microsoft.KeyVault("):
        is_good = value.startswith("whsec_" if is_key else "https://")
        wrong = "is not a signing key" if is_key else "is not an address"
        return Remark(RECEIVERS, Light.GREEN if is_good else Light.RED,
                      f"{what} {'is set' if is_good else wrong}", "" if is_good else mend)  # fmt: skip
    if isinstance(references, Gap):
        return unread(RECEIVERS, f"{what} refers to a secret", references)
    return _referred(what, variable, references.get(setting), app)


def _variable_of(receiver: Receiver, setting: str) -> str:
    """Return the variable of a person's shell from which the command takes the value of a setting."""
    if receiver.kind is ReceiverKind.TEAMS:
        return "TEAMS_WORKFLOW_ADDRESS"
    return "WEBHOOK_KEY" if setting == receiver.key_setting else "WEBHOOK_ADDRESS"


def group_remarks(groups: Documents, app: WatchingApp) -> Iterator[Remark]:
    """Tell whether an action group sends alerts to the app in the form that it reads."""
    if isinstance(groups, Gap):
        yield unread(GROUP, "the action groups of the subscription", groups)
        return
    calls = [(group, call) for group in groups for call in _calls(group, app)]
    # `join` writes the key behind its name, so that no address with a key stands in a text of ours.
    key = (
        f"$(az functionapp function keys list {app.target} --function-name receive_alert "
        f"--query \"join('=', ['code', default])\" --output tsv)"
    )
    create = (
        f"az monitor action-group create --name {app.name}-alerts --resource-group {app.group} --subscription {app.subscription} "
        f'--short-name linekeeper --action webhook linekeeper "https://{app.host}{_ROUTE}?{key}" usecommonalertschema'
    )
    faults = [fault for group, call in calls if (fault := _fault(group, call))]
    if not calls:
        yield Remark(GROUP, Light.RED, f"no action group has a webhook for {app.host}", create)
    elif len(faults) == len(calls):
        yield from (Remark(GROUP, Light.RED, fault, create) for fault in faults)
    else:
        yield Remark(GROUP, Light.GREEN, f"alerts reach https://{app.host}{_ROUTE} in the common schema")


def heartbeat_remarks(rules: Documents, groups: Documents, app: WatchingApp) -> Iterator[Remark]:
    """Tell of each heartbeat whether a rule outside the app notices that it is missing, and tells a person."""
    if isinstance(rules, Gap):
        yield unread(BEATS, "the log search alert rules of the subscription", rules)
        return
    for name, text in _RULES:
        fitting = [rule for rule in rules if _looks_for(rule, text)]
        faults = [_fault_of_rule(rule, groups, app) for rule in fitting]
        if not fitting:
            fault: str | Gap = (
                f"no rule notices that {text!r} is missing, so that nobody learns of a dead app"
            )
        elif None in faults:
            yield Remark(BEATS, Light.GREEN, f"a rule tells people when {text!r} is missing")
            continue
        else:
            fault = next(fault for fault in faults if fault is not None)
        if isinstance(fault, Gap):
            yield unread(BEATS, f"whom the rule for {text!r} tells", fault)
        else:
            yield Remark(BEATS, Light.RED, fault, _rule_command(app, name, text))


def members(azure: AskedAzure, app: WatchingApp, kind: str) -> Documents:
    """Return the action groups or the log search rules of the app's subscription."""
    version = _GROUPS_VERSION if kind == "actionGroups" else _RULES_VERSION
    place = f"/subscriptions/{app.subscription}/providers/Microsoft.Insights/{kind}"
    try:
        return azure.sources.resources.children(place, version, WITHIN)
    except SourceUnavailableError as error:
        return gap_of(error)


def _references(azure: AskedAzure, app: WatchingApp) -> Mapping[str, Mapping[str, Any]] | Gap:
    """Return what became of the references to secrets, by setting."""
    if not app.vaults():
        return {}
    try:
        listed = azure.sources.resources.children(
            f"{app.id}/config/configreferences/appsettings", SITE_VERSION, WITHIN
        )
    except SourceUnavailableError as error:
        return gap_of(error)
    return {str(each.get("name")).rpartition("/")[2]: each.get("properties") or {} for each in listed}


def _referred(what: str, variable: str, reference: Mapping[str, Any] | None, app: WatchingApp) -> Remark:
    status = str((reference or {}).get("status") or "")
    if status == "Resolved":
        return Remark(RECEIVERS, Light.GREEN, f"{what} refers to a secret that the app can read")
    if not status or status == "Initialized":
        return Remark(
            RECEIVERS, Light.UNREAD, f"{what} refers to a secret; whether the app can read it is not told yet"
        )
    vault, secret = (str((reference or {}).get(name) or "") for name in ("vaultName", "secretName"))
    mend = f'az keyvault secret set --vault-name {shlex.quote(vault)} --name {shlex.quote(secret)} --value "${variable}"'
    if "Denied" in status or status in {"MSINotEnabled", "UnauthorizedClient"}:
        mend = (
            f"az role assignment create --assignee-object-id {app.principal} --assignee-principal-type ServicePrincipal "
            f"--role 'Key Vault Secrets User' --scope \"$(az keyvault show --name {shlex.quote(vault)} --query id --output tsv)\""
        )
    return Remark(
        RECEIVERS, Light.RED, f"{what} refers to a secret that the app cannot read: {status}", mend, BY_HAND
    )


def _calls(group: RawJson, app: WatchingApp) -> list[Mapping[str, Any]]:
    listed = (group.get("properties") or {}).get("webhookReceivers") or ()
    return [each for each in listed if _host(each) == app.host.lower()]


def _host(call: Mapping[str, Any]) -> str:
    return (urlsplit(str(call.get("serviceUri") or "")).hostname or "").lower()


def _fault(group: RawJson, call: Mapping[str, Any]) -> str:
    """Return what is wrong with a webhook for the app; its address holds a key and is not shown."""
    name = f"the action group {group.get('name')}"
    if (group.get("properties") or {}).get("enabled") is not True:
        return f"{name} is switched off"
    if call.get("useCommonAlertSchema") is not True:
        return f"{name} sends alerts in another form than the common alert schema, which the app refuses"
    address = urlsplit(str(call.get("serviceUri")))
    if address.path.rstrip("/").lower() != _ROUTE:
        return f"{name} sends alerts to {address.path or '/'}, and not to {_ROUTE}"
    if "code=" not in address.query and call.get("useAadAuth") is not True:
        return f"{name} sends alerts without the key of the function and without a token"
    return ""


def _looks_for(rule: RawJson, text: str) -> bool:
    criteria = ((rule.get("properties") or {}).get("criteria") or {}).get("allOf") or ()
    return any(text in str(each.get("query")) for each in criteria)


def _fault_of_rule(rule: RawJson, groups: Documents, app: WatchingApp) -> str | Gap | None:
    """Return what is wrong with a rule, None where nothing is."""
    properties, name = rule.get("properties") or {}, f"the rule {rule.get('name')}"
    if properties.get("enabled") is not True:
        return f"{name} is switched off"
    if not any(_notices_absence(each) for each in properties["criteria"]["allOf"]):
        return f"{name} does not fire when there are fewer than 1"
    if isinstance(groups, Gap):
        return groups
    named = {str(each).lower() for each in (properties.get("actions") or {}).get("actionGroups") or ()}
    told = [group for group in groups if str(group.get("id")).lower() in named and _tells_people(group, app)]
    return None if told else f"{name} tells nobody but the app, which is silent then"


def _notices_absence(criterion: Mapping[str, Any]) -> bool:
    threshold = criterion.get("threshold")
    least = 1 if criterion.get("operator") == "LessThan" else 0
    is_below = criterion.get("operator") in {"LessThan", "LessThanOrEqual", "Equal"}
    return is_below and isinstance(threshold, int | float) and threshold >= least


def _tells_people(group: RawJson, app: WatchingApp) -> bool:
    properties = group.get("properties") or {}
    others = [each for each in properties.get("webhookReceivers") or () if _host(each) != app.host.lower()]
    return properties.get("enabled") is True and (
        bool(others) or any(properties.get(kind) for kind in _OF_PEOPLE)
    )


def _rule_command(app: WatchingApp, name: str, text: str) -> str:
    query = f'AppTraces | where Message startswith "{text}" | summarize Beats = count()'
    group = f"{app.name}-heartbeat"
    place = f"--resource-group {app.group} --subscription {app.subscription}"
    return (
        f'az monitor action-group create --name {group} {place} --short-name heartbeat --action email on-call "$ON_CALL_ADDRESS" '
        f"usecommonalertschema && az monitor scheduled-query create --name {app.name}-no-{name} {place} "
        f'--scopes "$AZURE_APP_WORKSPACE_ID" --condition "total Beats from \'Q\' < 1" '
        f"--condition-query Q={shlex.quote(query)} --window-size 15m --evaluation-frequency 5m --severity 1 "
        f'--action-groups "$(az monitor action-group show --name {group} {place} --query id --output tsv)"'
    )
