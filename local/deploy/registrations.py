"""The registrations of Entra that no template can create, as `az` commands."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.cloud.entra.gate import CALLER, ROLE

# Any GUID will do; a fixed one lets the commands be run twice.
ALERT_ROLE_ID = "c1f5e9d4-3a47-4a6b-9f0e-6d2b8f1a7c35"

GRAPH = "https://graph.microsoft.com/v1.0"


@dataclass(frozen=True, slots=True)
class Step:
    """One command, with what it is for."""

    why: str
    command: str


def steps(parts: Iterable[str], app: str, group: str) -> list[Step]:
    """Return the commands of some parts, in order."""
    makers = {"alerts": _alerts, "events": _events, "sign-in": _sign_in}
    return [step for part in parts for step in makers[part](app, group)]


def _registration(variable: str, name: str) -> list[Step]:
    """Return how an application is registered once, however often this is run."""
    find = f"az ad app list --display-name {name} --query '[0].appId' --output tsv"
    create = (
        f"az ad app create --display-name {name} --sign-in-audience AzureADMyOrg --query appId --output tsv"
    )
    principal = f'az ad sp show --id "${variable}" --output none 2>/dev/null || az ad sp create --id "${variable}" --output none'
    return [
        Step(
            f"{name}: the registration",
            f'{variable}=$({find})\n[ -n "${variable}" ] || {variable}=$({create})',
        ),
        Step(
            f"{name}: the audience of its tokens",
            f'az ad app update --id "${variable}" --identifier-uris "api://${variable}"',
        ),
        Step(f"{name}: its presence in the tenant", principal),
    ]


def _alerts(app: str, group: str) -> list[Step]:
    role = (
        f'[{{"allowedMemberTypes":["Application"],"description":"Azure Monitor may send alerts","displayName":"{ROLE}",'
        f'"id":"{ALERT_ROLE_ID}","isEnabled":true,"value":"{ROLE}"}}]'
    )
    assignment = f'{{\\"principalId\\":\\"$MONITOR\\",\\"resourceId\\":\\"$ALERTS_SP\\",\\"appRoleId\\":\\"{ALERT_ROLE_ID}\\"}}'
    return [
        *_registration("ALERTS", "linekeeper-alerts"),
        Step(
            "linekeeper-alerts: the role that Azure Monitor must have",
            f"az ad app update --id \"$ALERTS\" --app-roles '{role}'",
        ),
        Step(
            "Azure Monitor gets the role, unless it has it",
            f'ALERTS_SP=$(az ad sp show --id "$ALERTS" --query id --output tsv)\n'
            f"MONITOR=$(az ad sp show --id {CALLER} --query id --output tsv 2>/dev/null || "
            f"az ad sp create --id {CALLER} --query id --output tsv)\n"
            f'az rest --method get --url "{GRAPH}/servicePrincipals/$ALERTS_SP/appRoleAssignedTo" '
            f"--query 'value[].principalId' --output tsv | grep -q \"$MONITOR\" || "
            f'az rest --method post --url "{GRAPH}/servicePrincipals/$ALERTS_SP/appRoleAssignedTo" --body "{assignment}"',
        ),
        # The object of the application, as the action group names it.
        Step(
            "the next deployment demands and sends the tokens",
            'azd env set ALERT_AUDIENCE "api://$ALERTS"\n'
            'azd env set ALERT_APPLICATION_ID "$(az ad app show --id "$ALERTS" --query id --output tsv)"\n'
            'azd env set ALERT_TENANT "$(az account show --query tenantId --output tsv)"',
        ),
        Step(
            "the same without azd: the settings of the app, after which it demands tokens",
            f'az functionapp config appsettings set --name "{app}" --resource-group "{group}" --output none --settings '
            'ALERT_AUDIENCE="api://$ALERTS" ALERT_TENANT="$(az account show --query tenantId --output tsv)"',
        ),
    ]


def _events(_app: str, _group: str) -> list[Step]:
    return [
        *_registration("EVENTS", "linekeeper-events"),
        Step(
            "the next deployment lets Web PubSub send a token with each event, and needs no access key",
            'azd env set EVENTS_AUDIENCE "api://$EVENTS"',
        ),
        Step(
            "what config/events.yaml must say under `identity` of the resource",
            'echo "tenant: $(az account show --query tenantId --output tsv)"\necho "audiences: [api://$EVENTS]"\n'
            'echo "ids: [$(az resource show --ids "$AZURE_WEB_PUBSUB_ID" --query identity.principalId --output tsv)]"',
        ),
    ]


def _sign_in(app: str, group: str) -> list[Step]:
    tenant = "$(az account show --query tenantId --output tsv)"
    return [
        *_registration("SIGN_IN", "linekeeper-sign-in"),
        Step(
            "linekeeper-sign-in: where people come back to",
            f'az ad app update --id "$SIGN_IN" --enable-id-token-issuance true '
            f'--web-redirect-uris "https://{app}.azurewebsites.net/.auth/login/aad/callback"',
        ),
        Step(
            "App Service names who is signed in, and lets everybody else through: each route has its own check",
            f'az webapp auth microsoft update --name "{app}" --resource-group "{group}" --client-id "$SIGN_IN" '
            f'--issuer "https://login.microsoftonline.com/{tenant}/v2.0" --yes --output none\n'
            f'az webapp auth update --name "{app}" --resource-group "{group}" --enabled true '
            "--action AllowAnonymous --output none",
        ),
    ]
