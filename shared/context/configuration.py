"""Read the live configuration of a resource, part by part; a part that cannot be read is a gap, and secrets are redacted."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.configuration.arm import resource_type
from shared.context.live import Document, Documents, Gap, LiveConfiguration
from shared.context.ports import Absence, ContextSources, RawJson, ResourceReader, SourceUnavailableError
from shared.redaction import names_a_secret, redact

_Part = TypeVar("_Part")

WITHIN = timedelta(seconds=20)  # of a whole reading

# The newest first: it knows `applicationFirewall`. A cloud that does not have it yet has the stable one.
_WEB_PUBSUB_VERSIONS = ("2025-01-01-preview", "2024-03-01")
_COMMUNICATION_VERSIONS = ("2023-04-01",)
SETTINGS_VERSION = "2021-05-01-preview"
_WEB_PUBSUB = "microsoft.signalrservice/webpubsub"
SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"  # below a resource or a subscription
# A hub's `urlTemplate` may carry a key under any name: whatever its query says is redacted, but for a reference to a Key
# Vault and for what the service fills in.
_VAULT_REFERENCE = re.compile(
    r"\{@Microsoft\.KeyVault\(SecretUri=https://[A-Za-z0-9-]+\.vault\.[a-z.]+/secrets/[A-Za-z0-9-]+(/[0-9a-f]{32})?/?\)\}",
    re.IGNORECASE,
)
_FILLED_IN = frozenset({"{event}", "{hub}"})
_SECRET_NAMES = frozenset(
    {"primarykey", "secondarykey", "primaryconnectionstring", "secondaryconnectionstring", "accesskey"}
)


class ConfigurationReader:
    """Reads the parts of one resource, all of them within one time."""

    def __init__(
        self,
        resources: ResourceReader,
        resource: str,
        within: timedelta = WITHIN,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resources = resources
        self._resource = resource
        self._elapsed = elapsed
        self._ends = elapsed() + within.total_seconds()

    def body(self) -> Document:
        """Return the resource itself."""
        versions = _WEB_PUBSUB_VERSIONS if self._is_web_pubsub else _COMMUNICATION_VERSIONS
        return self._part(self._get, versions)

    def hubs(self) -> Documents:
        """Return the hubs with their event handlers."""
        return self._members("/hubs")

    def replicas(self) -> Documents:
        """Return the replicas."""
        return self._members("/replicas")

    def private_endpoints(self) -> Documents:
        """Return the private endpoint connections."""
        return self._members("/privateEndpointConnections")

    def diagnostic_settings(self) -> Documents:
        """Return the diagnostic settings."""
        return self._part(lambda version, within: self._list(SETTINGS, version, within), (SETTINGS_VERSION,))

    def _members(self, collection: str) -> Documents:
        if not self._is_web_pubsub:
            return ()
        return self._part(
            lambda version, within: self._list(collection, version, within), _WEB_PUBSUB_VERSIONS
        )

    @property
    def _is_web_pubsub(self) -> bool:
        return resource_type(self._resource) == _WEB_PUBSUB

    def _get(self, version: str, within: timedelta) -> RawJson:
        document: RawJson = redacted(dict(self._resources.get(self._resource, version, within)))
        return document

    def _list(self, collection: str, version: str, within: timedelta) -> Sequence[RawJson]:
        members = self._resources.children(f"{self._resource}{collection}", version, within)
        return tuple(redacted(dict(member)) for member in members)

    def _part(self, read: Callable[[str, timedelta], _Part], versions: Sequence[str]) -> _Part | Gap:
        """Read with the newest version that the cloud knows."""
        gap = Gap(Absence.OUT_OF_TIME, "there was no time left to read the configuration")
        for version in versions:
            rest = self._ends - self._elapsed()
            if rest <= 0:
                return gap
            try:
                return read(version, timedelta(seconds=rest))
            except SourceUnavailableError as error:
                gap = gap_of(error)
            if gap.absence is not Absence.REFUSED:
                return gap
        return gap


_QUERY_PART = re.compile(r"(?P<mark>[?&])(?P<part>[^?&#]*=[^&#]+)")


def live_configuration(
    sources: ContextSources, resource: str, now: datetime, within: timedelta = WITHIN
) -> LiveConfiguration:
    """Read every part of a resource; those that cannot be read are gaps."""
    reader = ConfigurationReader(sources.resources, resource, within)
    body = reader.body()
    return LiveConfiguration(
        resource=resource,
        read_at=now,
        body=body,
        hubs=reader.hubs(),
        replicas=reader.replicas(),
        private_endpoints=reader.private_endpoints(),
        diagnostic_settings=reader.diagnostic_settings(),
        addresses=_addresses(sources, body, within),
    )


def redacted(value: Any) -> Any:
    """Return JSON without its secrets; everything else stays as it is."""
    if isinstance(value, dict):
        return {name: _redacted_field(str(name), part) for name, part in value.items()}
    if isinstance(value, list):
        return [redacted(part) for part in value]
    return redact(value) if isinstance(value, str) else value


def redacted_text(name: str, text: str) -> str:
    """Return the text of a property without its secrets: a name can say that all of it is one."""
    if name.lower() in _SECRET_NAMES:
        return "[redacted key]"
    if names_a_secret(name):
        return "[redacted secret]"
    # Any address: a template may stand in a list, or be cut.
    return redact(_QUERY_PART.sub(lambda match: match["mark"] + _redacted_part(match["part"]), text))


def _redacted_field(name: str, value: Any) -> Any:
    if isinstance(value, str) and name.lower() == "urltemplate":
        return _redacted_address(value)
    if isinstance(value, str) and name.lower() in _SECRET_NAMES:
        return "[redacted key]"
    return redacted(value)


def _redacted_address(address: str) -> str:
    head, mark, query = address.partition("?")
    return redact(head) + mark + "&".join(map(_redacted_part, query.split("&")))


def _redacted_part(part: str) -> str:
    """Return a part of a query without its value; what the service fills in, and names a vault, is no secret."""
    name, equals, value = part.partition("=")
    if not equals:
        return redact(part)
    is_plain = value in _FILLED_IN or _VAULT_REFERENCE.fullmatch(value)
    return part if is_plain else f"{redact(name)}=[redacted code]"


def _addresses(sources: ContextSources, body: Document, within: timedelta) -> Sequence[str] | Gap:
    """Return what DNS answers here for the host name of the resource."""
    if isinstance(body, Gap):
        return Gap(Absence.NOT_FOUND, "the host name is unknown, because the resource cannot be read")
    host = (body.get("properties") or {}).get("hostName")
    if not isinstance(host, str) or sources.names is None:
        return Gap(Absence.NOT_CONNECTED, "DNS was not asked")
    try:
        return sources.names.addresses(host, within)
    except SourceUnavailableError as error:
        return gap_of(error)


def gap_of(error: SourceUnavailableError) -> Gap:
    """Return the gap that a source leaves which did not answer."""
    return Gap(error.absence, error.reason, error.role)
