"""The deployed function app, as Azure Resource Manager describes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.doctor.azure import WITHIN, AskedAzure
from shared.context.configuration import gap_of
from shared.context.graph_text import inlined
from shared.context.live import Gap
from shared.context.ports import Absence, ContextSources, RawJson, SourceUnavailableError

SITE_VERSION = "2024-04-01"

_NAMED = "resources | where type =~ {kind} and name =~ {name} | project id"
_SECRET = re.compile(
    r"@Microsoft\.KeyVault\((?:.*VaultName=(?P<name>[\w-]+)|SecretUri=https://(?P<host>[\w-]+)\.)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WatchingApp:
    """The app that watches; its settings may hold secrets, so their values are never shown."""

    id: str
    name: str
    host: str
    state: str
    runtime: str  # such as `python 3.11`; empty where it is not told
    principal: str  # the object id of its identity; empty where it has none
    settings: Mapping[str, str] | Gap

    @property
    def group(self) -> str:
        """Its resource group."""
        return self.id.split("/")[4]

    @property
    def subscription(self) -> str:
        """The GUID of its subscription."""
        return self.id.split("/")[2]

    @property
    def target(self) -> str:
        """How `az functionapp` names it."""
        return f"--name {self.name} --resource-group {self.group} --subscription {self.subscription}"

    def setting(self, name: str) -> str:
        """Return a setting; empty where it is missing or settings could not be read."""
        return "" if isinstance(self.settings, Gap) else self.settings.get(name, "")

    def vaults(self) -> list[str]:
        """Return the names of the vaults that settings refer to."""
        values = () if isinstance(self.settings, Gap) else self.settings.values()
        matches = filter(None, map(_SECRET.search, values))
        return sorted({(match["name"] or match["host"]).lower() for match in matches})


def find_app(azure: AskedAzure, name: str) -> WatchingApp | Gap:
    """Return the app of this name."""
    try:
        place = id_of(azure.sources, "microsoft.web/sites", name)
        if place is None:
            return Gap(Absence.NOT_FOUND, f"there is no function app named {name!r} that this login can read")
        document = azure.sources.resources.get(place, SITE_VERSION, WITHIN)
    except SourceUnavailableError as error:
        return gap_of(error)
    return _app(place, document, _settings(azure, place))


def id_of(sources: ContextSources, kind: str, name: str) -> str | None:
    """Return the id of the only resource of a type and a name, None where there is none.

    Raises:
        SourceUnavailableError: Resource Graph did not answer, or there are several.
    """
    rows = sources.graph.query(inlined(_NAMED, {"kind": kind, "name": name}), (), WITHIN)
    if len(rows) > 1:
        raise SourceUnavailableError(f"{len(rows)} resources are named {name!r}", absence=Absence.UNREADABLE)
    return str(rows[0]["id"]) if rows else None


def _settings(azure: AskedAzure, place: str) -> Mapping[str, str] | Gap:
    try:
        document = azure.listed(f"{place}/config/appsettings", SITE_VERSION)
    except SourceUnavailableError as error:
        return gap_of(error)
    properties = document.get("properties")
    return {name: str(value) for name, value in properties.items()} if isinstance(properties, dict) else {}


def _app(place: str, document: RawJson, settings: Mapping[str, str] | Gap) -> WatchingApp:
    properties = document.get("properties") or {}
    return WatchingApp(
        id=place,
        name=str(document.get("name") or place.rpartition("/")[2]),
        host=str(properties.get("defaultHostName") or ""),
        state=str(properties.get("state") or ""),
        runtime=_runtime(properties),
        principal=_principal(document.get("identity") or {}, settings),
        settings=settings,
    )


def _runtime(properties: Mapping[str, Any]) -> str:
    """Return the runtime of an app on Flex Consumption, or on another plan."""
    declared = (properties.get("functionAppConfig") or {}).get("runtime") or {}
    if declared:
        return f"{declared.get('name', '')} {declared.get('version', '')}".strip().lower()
    version = (properties.get("siteConfig") or {}).get("linuxFxVersion") or ""
    return str(version).replace("|", " ").lower()


def _principal(identity: Mapping[str, Any], settings: Mapping[str, str] | Gap) -> str:
    """Return the object id of the identity that the app uses: the one that AZURE_CLIENT_ID names, or its only one."""
    client = "" if isinstance(settings, Gap) else settings.get("AZURE_CLIENT_ID", "")
    assigned = [each for each in (identity.get("userAssignedIdentities") or {}).values() if each]
    for each in assigned:
        if client and str(each.get("clientId") or "").lower() == client.lower():
            return str(each.get("principalId") or "")
    if client:
        return ""
    own = identity.get("principalId")
    if own or len(assigned) != 1:
        return str(own or "")
    return str(assigned[0].get("principalId") or "")
