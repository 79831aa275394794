"""Whether the identity of the app may do what the code needs, place by place."""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from local.doctor import needs
from local.doctor.app import WatchingApp, id_of
from local.doctor.azure import WITHIN, AskedAzure
from local.doctor.grants import Grants
from local.doctor.needs import Need
from local.doctor.remark import BY_HAND, Light, Remark, unread
from shared.context.graph_text import inlined
from shared.context.live import Gap
from shared.context.ports import Absence, SourceUnavailableError

AREA = "roles"

_SHOWN = 3  # operations of one remark
_COMPONENT = "resources | where type =~ 'microsoft.insights/components' and properties.InstrumentationKey =~ {key} | project id"


def role_remarks(
    azure: AskedAzure, app: WatchingApp, resources: Sequence[str], workspaces: Iterable[str]
) -> Iterator[Remark]:
    """Judge the roles for these watched resources, and these workspaces by their ids."""
    if not app.principal:
        yield Remark(
            AREA,
            Light.RED,
            f"{app.name} has no identity that AZURE_CLIENT_ID names, so that it may do nothing",
            f"az functionapp identity assign {app.target}",
        )
        return
    grants = Grants(azure.sources.resources, app.principal)
    for need, scope in _places(azure, app, resources, workspaces):
        yield scope if isinstance(scope, Remark) else _judged(grants, need, scope)
    if isinstance(app.settings, Gap):
        yield unread(
            AREA, "storage, vault, telemetry and tokens, which the settings of the app name", app.settings
        )


def _places(
    azure: AskedAzure, app: WatchingApp, resources: Sequence[str], workspaces: Iterable[str]
) -> Iterator[tuple[Need, str | Remark]]:
    """Yield what is needed, each with the id of its place, or with why that is not known."""
    subscriptions = sorted({"/".join(resource.split("/")[:3]) for resource in resources})
    for subscription in subscriptions:
        yield needs.WATCHING, subscription
        if app.setting("SET_ALERT_STATES").lower() == "true":
            yield needs.ALERT_STATES, subscription
    for workspace in workspaces:
        if "/".join(workspace.split("/")[:3]).lower() not in subscriptions:
            yield needs.QUERYING, workspace
    if isinstance(app.settings, Gap):
        return
    yield from _of_settings(azure, app)
    yield from _of_tokens(app, resources)


def _of_settings(azure: AskedAzure, app: WatchingApp) -> Iterator[tuple[Need, str | Remark]]:
    account = _account(app)
    if account:
        place = _found(azure, "Microsoft.Storage/storageAccounts", account)
        yield from ((need, place) for need in needs.STORING)
    for vault in app.vaults():
        yield needs.SECRETS, _found(azure, "Microsoft.KeyVault/vaults", vault)
    if "AAD" in app.setting("APPLICATIONINSIGHTS_AUTHENTICATION_STRING"):
        yield needs.TELEMETRY, _component(azure, app)


def _of_tokens(app: WatchingApp, resources: Sequence[str]) -> Iterator[tuple[Need, str | Remark]]:
    """Yield what tokens need, where the identity signs them and no key does."""
    for need, address, key in (
        (needs.CLIENT_TOKENS, "WEB_PUBSUB_ENDPOINT", "WEB_PUBSUB_CONNECTION"),
        (needs.USER_TOKENS, "ACS_ENDPOINT", "ACS_CONNECTION"),
    ):
        if app.setting(key) or not app.setting(address):
            continue
        name = (urlsplit(app.setting(address)).hostname or "").partition(".")[0]
        place = next((each for each in resources if each.rpartition("/")[2] == name), None)
        yield (
            need,
            place
            or Remark(
                AREA,
                Light.UNREAD,
                f"{name or 'what'}, which {address} names, is not among the resources looked at",
            ),
        )


def _account(app: WatchingApp) -> str:
    """Return the name of the storage account; empty where a connection string opens it."""
    if app.setting("AzureWebJobsStorage"):
        return ""
    address = urlsplit(app.setting("AzureWebJobsStorage__blobServiceUri")).hostname or ""
    return app.setting("AzureWebJobsStorage__accountName") or address.partition(".")[0]


def _found(azure: AskedAzure, kind: str, name: str) -> str | Remark:
    try:
        place = id_of(azure.sources, kind.lower(), name)
    except SourceUnavailableError as error:
        return unread(AREA, name, error)
    nobody = Gap(Absence.NOT_FOUND, "Resource Graph shows none that this login can read", "Reader")
    return place or unread(AREA, f"{kind.rpartition('/')[2]} {name}", nobody)


def _component(azure: AskedAzure, app: WatchingApp) -> str | Remark:
    parts = dict(
        part.partition("=")[::2] for part in app.setting("APPLICATIONINSIGHTS_CONNECTION_STRING").split(";")
    )
    try:
        rows = azure.sources.graph.query(
            inlined(_COMPONENT, {"key": parts.get("InstrumentationKey", "")}), (), WITHIN
        )
    except SourceUnavailableError as error:
        return unread(AREA, "Application Insights of the app", error)
    nobody = Gap(Absence.NOT_FOUND, "Resource Graph shows none that this login can read", "Reader")
    return str(rows[0]["id"]) if rows else unread(AREA, "Application Insights of the app", nobody)


def _judged(grants: Grants, need: Need, scope: str) -> Remark:
    name = _name(scope)
    try:
        lacking = grants.lacking(need, scope)
        conditions = grants.conditional(scope)
    except SourceUnavailableError as error:
        return unread(AREA, f"who may do what in {name}", error)
    if not lacking:
        return Remark(AREA, Light.GREEN, f"{name}: the app may do what it needs {need.purpose}")
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    text = f"{name}: the app lacks {', '.join(lacking[:_SHOWN])}{more} {need.purpose}"
    if conditions:
        text += f"; {conditions} of its role assignments have a condition and were taken to allow nothing"
    return Remark(AREA, Light.RED, text, _assignment(need, scope, grants.principal), BY_HAND)


def _assignment(need: Need, scope: str, principal: str) -> str:
    role, made = need.role, ""
    if not role:
        # Each built-in role gives far more than this one action.
        role = f"Linekeeper tokens ({_name(scope)})"
        group = "/".join(scope.split("/")[:5])
        definition = {"Name": role, "IsCustom": True, "Description": f"Lets the app {need.purpose.removeprefix('to ')}.",
                      "AssignableScopes": [group], "Actions": [], "DataActions": list(need.data_actions)}  # fmt: skip
        made = f"az role definition create --role-definition {shlex.quote(json.dumps(definition))} && "
    return (
        f"{made}az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal "
        f"--role {shlex.quote(role)} --scope {shlex.quote(scope)}"
    )


def _name(scope: str) -> str:
    return f"subscription {scope.rpartition('/')[2]}" if scope.count("/") == 2 else scope.rpartition("/")[2]
