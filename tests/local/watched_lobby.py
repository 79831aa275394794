"""A lobby that is watched as it should be: everything that Azure knows about it, its app and its alerts."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from local.doctor.needs import NEEDS, Need
from tests.context.review.reviewed import LOBBY, SCOPE, WORKSPACE, documents_of

APP = "func-lobby"
HOST = f"{APP}.azurewebsites.net"
PRINCIPAL = "3d1c5b7a-0000-4000-8000-0000000000a1"
CLIENT = "9a2f4e6d-0000-4000-8000-0000000000c1"
GROUP = f"{SCOPE}/resourceGroups/rt"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/{APP}"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stlobby"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-lobby"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-lobby"
ALERTS = f"{GROUP}/providers/Microsoft.Insights/actionGroups/{APP}-alerts"
PEOPLE = f"{GROUP}/providers/Microsoft.Insights/actionGroups/{APP}-heartbeat"
RULE = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/{APP}-no-"
KEY = "c0ffee00-0000-4000-8000-00000000beef"
FUNCTION_KEY = "the-key-of-receive-alert"

SETTINGS = {
    "AZURE_CLIENT_ID": CLIENT,
    "AzureWebJobsStorage__blobServiceUri": "https://stlobby.blob.core.windows.net/",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={KEY};IngestionEndpoint=https://westeurope-1.in.applicationinsights.azure.com/",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": f"ClientId={CLIENT};Authorization=AAD",
    "WEB_PUBSUB_ENDPOINT": "https://lobby.webpubsub.azure.com",
    "TEAMS_WEBHOOK_URL": "@Microsoft.KeyVault(SecretUri=https://kv-lobby.vault.azure.net/secrets/teams-webhook-url)",
}
_PUBLISHED = Path(__file__).parents[1] / "infra" / "published" / "azure-roles.json"
_PLACES = {
    "subscription": SCOPE,
    "storage": ACCOUNT,
    "vault": VAULT,
    "application-insights": COMPONENT,
    "web-pubsub": LOBBY,
}
_UNUSED = ("Monitoring Contributor", "Log Analytics Reader")


def site(**properties: Any) -> dict[str, Any]:
    """Return the function app, with some of its properties in another form."""
    runtime = {"functionAppConfig": {"runtime": {"name": "python", "version": "3.11"}}}
    return {
        "id": SITE,
        "name": APP,
        "type": "Microsoft.Web/sites",
        "kind": "functionapp,linux",
        "location": "westeurope",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {
                f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lobby": {
                    "principalId": PRINCIPAL,
                    "clientId": CLIENT,
                }
            },
        },
        "properties": {"state": "Running", "defaultHostName": HOST, **runtime, **properties},
    }


def settings(workspace: str, **changes: str) -> dict[str, Any]:
    """Return the settings of the app, as the action `list` answers."""
    values = {**SETTINGS, "LOGS_WORKSPACE": workspace, **changes}
    return {"id": f"{SITE}/config/appsettings", "name": "appsettings", "type": "Microsoft.Web/sites/config", "properties": values}  # fmt: skip


def secret(status: str = "Resolved") -> dict[str, Any]:
    """Return what became of the reference to the address of the channel."""
    return {
        "id": f"{SITE}/config/configreferences/appsettings/TEAMS_WEBHOOK_URL",
        "name": "TEAMS_WEBHOOK_URL",
        "type": "Microsoft.Web/sites/config",
        "properties": {
            "reference": SETTINGS["TEAMS_WEBHOOK_URL"],
            "status": status,
            "vaultName": "kv-lobby",
            "secretName": "teams-webhook-url",
            "identityType": "UserAssigned",
        },
    }


def webhook(**changes: Any) -> dict[str, Any]:
    """Return the webhook of the app."""
    return {
        "name": "linekeeper",
        "serviceUri": f"https://{HOST}/api/alerts?code={FUNCTION_KEY}",
        "useCommonAlertSchema": True,
        "useAadAuth": False,
        **changes,
    }


def action_group(place: str = ALERTS, *, enabled: bool = True, **receivers: Any) -> dict[str, Any]:
    """Return an action group; by default that of the app."""
    called = receivers or {"webhookReceivers": [webhook()]}
    return {
        "id": place,
        "name": place.rpartition("/")[2],
        "type": "Microsoft.Insights/ActionGroups",
        "location": "Global",
        "properties": {
            "groupShortName": "linekeeper",
            "enabled": enabled,
            "emailReceivers": [],
            "smsReceivers": [],
            "webhookReceivers": [],
            **called,
        },
    }


def people(**changes: Any) -> dict[str, Any]:
    """Return the action group that writes to people."""
    mail = {
        "name": "on-call",
        "emailAddress": "oncall@contoso.com",
        "useCommonAlertSchema": True,
        "status": "Enabled",
    }
    return action_group(PEOPLE, **{"emailReceivers": [mail], **changes})


def rule(name: str, text: str, *, to: str = PEOPLE, enabled: bool = True, **criterion: Any) -> dict[str, Any]:
    """Return the rule that notices that a heartbeat is missing."""
    condition = {
        "query": f'AppTraces | where Message startswith "{text}" | summarize Beats = count()',
        "timeAggregation": "Total",
        "metricMeasureColumn": "Beats",
        "operator": "LessThan",
        "threshold": 1.0,
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
        **criterion,
    }
    return {
        "id": f"{RULE}{name}",
        "name": f"{APP}-no-{name}",
        "type": "microsoft.insights/scheduledqueryrules",
        "location": "westeurope",
        "kind": "LogAlert",
        "properties": {
            "severity": 1,
            "enabled": enabled,
            "evaluationFrequency": "PT5M",
            "windowSize": "PT15M",
            "scopes": [WORKSPACE],
            "criteria": {"allOf": [condition]},
            "actions": {"actionGroups": [to]},
        },
    }


def definitions() -> list[dict[str, Any]]:
    """Return the roles that Azure has, and the one that a template makes."""
    roles = json.loads(_PUBLISHED.read_text(encoding="utf-8"))["roles"]
    built_in = [_definition(role["id"], name, role, "BuiltInRole", "/") for name, role in roles.items()]
    return [*built_in, _definition(KEY, "Linekeeper tokens", _tokens(), "CustomRole", GROUP)]


def assignment(need: Need, principal: str = PRINCIPAL, scope: str = "", **properties: Any) -> dict[str, Any]:
    """Return the assignment of the role that a need names."""
    place = scope or _PLACES[need.place]
    name = f"{abs(hash((need.role, place, principal))):032x}"
    roles = {each["properties"]["roleName"]: each["name"] for each in definitions()}
    role = roles[need.role or "Linekeeper tokens"]
    return {
        "id": f"{place}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": place,
            "condition": None,
            "conditionVersion": None,
            **properties,
        },
    }


def documents(workspace: str) -> list[dict[str, Any]]:
    """Return all of it; `workspace` is the GUID of the one that answers."""
    needed = [need for need in NEEDS if need.place in _PLACES and need.role not in _UNUSED]
    line, *parts = documents_of({})
    return [
        {**line, "type": "Microsoft.SignalRService/WebPubSub"},
        *parts,
        {"id": WORKSPACE, "name": "logs", "type": "Microsoft.OperationalInsights/workspaces", "properties": {"customerId": workspace}},
        site(),
        settings(workspace),
        {"id": f"{SITE}/config/configreferences", "name": "configreferences"},
        secret(),
        {"id": ACCOUNT, "name": "stlobby", "type": "Microsoft.Storage/storageAccounts"},
        {"id": VAULT, "name": "kv-lobby", "type": "Microsoft.KeyVault/vaults"},
        {"id": COMPONENT, "name": "appi-lobby", "type": "Microsoft.Insights/components", "properties": {"InstrumentationKey": KEY}},
        *definitions(),
        *(assignment(need) for need in needed),
        action_group(),
        people(),
        rule("watch", "watch completed"),
        rule("track", "tracking completed"),
    ]  # fmt: skip


def _definition(name: str, title: str, role: Any, kind: str, scope: str) -> dict[str, Any]:
    names = ("actions", "notActions", "dataActions", "notDataActions")
    return {
        "id": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": title,
            "type": kind,
            "assignableScopes": [scope],
            "permissions": [{each: deepcopy(list(role.get(each, ()))) for each in names}],
        },
    }


def _tokens() -> dict[str, list[str]]:
    return {"dataActions": ["Microsoft.SignalRService/WebPubSub/clientConnection/generateToken/action"]}
