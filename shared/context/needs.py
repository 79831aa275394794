"""Find what a line depends on in its own configuration: private endpoints, handlers, vaults and identities."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from shared.configuration.arm import resource_id
from shared.context.dependencies import ENTRA, GLOBAL, Dependency, DependencyKind, service_of
from shared.context.graph_text import query_of
from shared.context.live import Documents, Gap, LiveConfiguration
from shared.context.ports import RawJson, ResourceGraph
from shared.errors import InputError

_SITE = re.compile(r"^https?://(?P<name>[a-z0-9-]+)\.azurewebsites\.(?:net|us|cn)(?:[/:?]|$)", re.IGNORECASE)
_VAULT = re.compile(r"SecretUri=https://(?P<name>[a-z0-9-]+)\.vault\.[a-z.]+/", re.IGNORECASE)
_KINDS = {
    "Azure Private Link": DependencyKind.NETWORK,
    "Key Vault": DependencyKind.IDENTITY,
    ENTRA: DependencyKind.IDENTITY,
}


def needs_of(live: LiveConfiguration, graph: ResourceGraph, within: timedelta) -> tuple[Dependency, ...]:
    """Return what the configuration of a line names; where Resource Graph knows more, with id and region.

    Raises:
        SourceUnavailableError: Resource Graph did not answer in full.
    """
    addresses = [str(handler.get("urlTemplate") or "") for handler in _handlers(live.hubs)]
    ids = sorted({*_endpoints(live.private_endpoints), *_identities(live.body)})
    sites = _names(_SITE, addresses)
    vaults = _names(_VAULT, addresses)
    rows: tuple[RawJson, ...] = ()
    if ids or sites or vaults:
        values = {"ids": ids, "sites": sites, "vaults": vaults}
        rows = graph.query(query_of("needed", values), (), within)
    known = {str(row["id"]).lower(): str(row.get("location") or "").lower() for row in rows}
    members = [_of_id(each, known.get(each, "")) for each in sorted({*ids, *known})]
    seen = {member.name for member in members}
    members += [
        Dependency(DependencyKind.DATA, name, "App Service", is_declared=False)
        for name in sites
        if name not in seen
    ]
    members += [
        Dependency(DependencyKind.IDENTITY, name, "Key Vault", is_declared=False)
        for name in vaults
        if name not in seen
    ]
    if _asks_entra(live):
        members.append(Dependency(DependencyKind.IDENTITY, ENTRA, ENTRA, GLOBAL, is_declared=False))
    return tuple(members)


def _of_id(resource: str, region: str) -> Dependency:
    service = service_of(resource)
    kind = _KINDS.get(service, DependencyKind.DATA)
    return Dependency(kind, resource.rpartition("/")[2], service, region, resource, is_declared=False)


def _names(pattern: re.Pattern[str], addresses: list[str]) -> list[str]:
    matches = (pattern.search(address) for address in addresses)
    return sorted({match["name"].lower() for match in matches if match})


def _handlers(hubs: Documents) -> Iterator[Mapping[str, Any]]:
    for hub in () if isinstance(hubs, Gap) else hubs:
        handlers = (hub.get("properties") or {}).get("eventHandlers")
        yield from (one for one in handlers or () if isinstance(one, Mapping))


def _endpoints(connections: Documents) -> Iterator[str]:
    for connection in () if isinstance(connections, Gap) else connections:
        endpoint = (connection.get("properties") or {}).get("privateEndpoint") or {}
        yield from _keyed(endpoint.get("id"))


def _identities(body: RawJson | Gap) -> Iterator[str]:
    identity = {} if isinstance(body, Gap) else body.get("identity") or {}
    for one in identity.get("userAssignedIdentities") or ():
        yield from _keyed(one)


def _keyed(text: object) -> Iterator[str]:
    try:
        yield resource_id(str(text))
    except InputError:
        return


def _asks_entra(live: LiveConfiguration) -> bool:
    """Tell whether tokens of Entra are needed: keys are off, or a handler is proved to by an identity."""
    keys_off = (
        not isinstance(live.body, Gap) and (live.body.get("properties") or {}).get("disableLocalAuth") is True
    )
    proved = any(
        str((handler.get("auth") or {}).get("type")).lower() == "managedidentity"
        for handler in _handlers(live.hubs)
    )
    return keys_off or proved
