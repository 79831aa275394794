"""The only module that reads the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import LinekeeperError

PUBLIC_QUERY_ENDPOINT = "https://api.loganalytics.io"
PUBLIC_ENTRA_ENDPOINT = "https://login.microsoftonline.com"
PUBLIC_ARM_ENDPOINT = "https://management.azure.com"
PUBLIC_METRICS_ENDPOINT = "https://{region}.metrics.monitor.azure.com"
CONFIG_FOLDER = Path(__file__).parents[1] / "config"
EVERY_MINUTE = "0 * * * * *"
EVERY_MINUTE_BETWEEN_WATCHES = "30 * * * * *"
EVERY_15_SECONDS = "*/15 * * * * *"
# Shortly before a watch, so that the first card knows of it.
EVERY_MINUTE_BEFORE_A_WATCH = "45 * * * * *"
# Between two watches, each of which then knows of every try that began before it.
TWICE_A_MINUTE = "15,45 * * * * *"
EVERY_QUARTER_OF_AN_HOUR = "0 */15 * * * *"
EVERY_MORNING = "0 0 6 * * *"
EVERY_15_MINUTES = "0 */15 * * * *"

# What prints the GUID of the tenant that one is signed in to.
TENANT_COMMAND = "az account show --query tenantId --output tsv"

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HOST_ADDRESS = re.compile(r"https://[a-z0-9.-]+(?::\d+)?")
_CONTAINER = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
_FOLDER_ADDRESS = re.compile(r"https://[^\s/?#\"'<>]+[^\s#\"'<>]*")  # some forges name the path in the query
_ADDRESS = re.compile(r"https?://[^\s/?#\"'<>]+(/[^\s?#\"'<>]*)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """The app's settings; read on first use, so that one missing setting does not keep all functions from loading.

    Storage is the Functions host's own account, in one of the host's two forms: a connection string, or the addresses of
    its services (or its name), which are then used with the managed identity.
    """

    logs_endpoint: str
    logs_workspace: str | None  # the workspace's GUID
    metrics_endpoint: str  # `{region}` stands for the resource's region
    arm_endpoint: str  # of Azure Resource Manager; the audience of its tokens follows it
    client_id: str | None  # of a user-assigned identity
    storage_connection: str | None
    storage_account: str | None
    storage_tables: str | None
    storage_queues: str | None
    storage_blobs: str | None
    config_folder: Path
    config_container: str | None  # of files that count before those of the folder
    watch_schedule: str  # read by the Functions host, as %WATCH_SCHEDULE%; empty where it is missing
    track_schedule: str
    notice_schedule: str
    missed_alerts_schedule: str
    set_alert_states: bool  # whether alerts in Azure get the state of their incidents
    acs_connection: str | None  # connection string of Communication Services
    acs_endpoint: str | None  # where the managed identity is used instead
    review_schedule: str
    discover_schedule: str
    canary_schedule: str
    service_health_schedule: str
    canary_hubs: tuple[str, ...]  # whose lines are tried; none means that nothing is
    alert_audience: (
        str | None
    )  # the audience that the tokens of alerts must have; several are separated by blanks
    alert_tenant: str | None  # the GUID of the tenant that issues these tokens
    entra_endpoint: str
    event_handlers: str | None  # the module with the team's own handlers of upstream events
    health_key: str | None
    public_url: str | None  # where the app's HTTP functions are reached, with the prefix of their routes
    playbooks_folder: Path | None  # of a team's own pages, beside those that ship
    playbooks_url: str | None  # the folder of the playbooks' pages on the team's forge
    website_hostname: str | None  # set by App Service
    web_pubsub_connection: str | None  # connection string with the primary key
    web_pubsub_connection_secondary: str | None  # and with the secondary one
    web_pubsub_endpoint: str | None  # where the managed identity is used instead
    web_pubsub_signing_key: str  # which of the two signs: `primary` or `secondary`
    negotiate_key: str | None  # with it a backend asks for tokens on behalf of its users
    website_auth_enabled: bool  # whether App Service authenticates every request; set by App Service
    # For how many days each kind is kept; empty where the default counts.
    keep_alerts_days: str
    keep_notices_days: str
    keep_decisions_days: str
    keep_diagnoses_days: str
    keep_reports_days: str
    keep_dead_letters_days: str
    keep_quarantine_days: str
    keep_incidents_days: str
    show_user_ids: bool
    user_id_salt: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; tests give an `environment` of their own."""
        values = os.environ if environment is None else environment
        return cls(
            logs_endpoint=values.get("LOGS_ENDPOINT", PUBLIC_QUERY_ENDPOINT).rstrip("/"),
            logs_workspace=values.get("LOGS_WORKSPACE") or None,
            metrics_endpoint=(values.get("METRICS_ENDPOINT") or PUBLIC_METRICS_ENDPOINT).rstrip("/"),
            arm_endpoint=(values.get("ARM_ENDPOINT") or PUBLIC_ARM_ENDPOINT).rstrip("/"),
            client_id=values.get("AZURE_CLIENT_ID", "").strip() or None,
            storage_connection=values.get("AzureWebJobsStorage") or None,
            storage_account=values.get("AzureWebJobsStorage__accountName") or None,
            storage_tables=values.get("AzureWebJobsStorage__tableServiceUri") or None,
            storage_queues=values.get("AzureWebJobsStorage__queueServiceUri") or None,
            storage_blobs=values.get("AzureWebJobsStorage__blobServiceUri") or None,
            config_folder=Path(values.get("CONFIG_FOLDER") or CONFIG_FOLDER),
            config_container=values.get("CONFIG_CONTAINER") or None,
            watch_schedule=values.get("WATCH_SCHEDULE", ""),
            track_schedule=values.get("TRACK_SCHEDULE", ""),
            notice_schedule=values.get("NOTICE_SCHEDULE", ""),
            missed_alerts_schedule=values.get("MISSED_ALERTS_SCHEDULE", ""),
            set_alert_states=values.get("SET_ALERT_STATES", "").lower() == "true",
            acs_connection=values.get("ACS_CONNECTION") or None,
            acs_endpoint=(values.get("ACS_ENDPOINT") or "").rstrip("/") or None,
            review_schedule=values.get("REVIEW_SCHEDULE", ""),
            discover_schedule=values.get("DISCOVER_SCHEDULE", ""),
            canary_schedule=values.get("CANARY_SCHEDULE", ""),
            service_health_schedule=values.get("SERVICE_HEALTH_SCHEDULE", ""),
            canary_hubs=tuple(dict.fromkeys(values.get("CANARY_HUB", "").split())),
            alert_audience=" ".join(values.get("ALERT_AUDIENCE", "").replace(",", " ").split()) or None,
            alert_tenant=_tenant(values.get("ALERT_TENANT", "")),
            # Entra writes itself in small letters in its tokens.
            entra_endpoint=values.get("ENTRA_ENDPOINT", "").strip().rstrip("/").lower()
            or PUBLIC_ENTRA_ENDPOINT,
            event_handlers=values.get("EVENT_HANDLERS") or None,
            health_key=values.get("HEALTH_KEY") or None,
            public_url=values.get("PUBLIC_URL") or None,
            playbooks_folder=_folder(values.get("PLAYBOOKS_FOLDER")),
            playbooks_url=values.get("PLAYBOOKS_URL") or None,
            web_pubsub_connection=values.get("WEB_PUBSUB_CONNECTION") or None,
            web_pubsub_connection_secondary=values.get("WEB_PUBSUB_CONNECTION_SECONDARY") or None,
            web_pubsub_endpoint=(values.get("WEB_PUBSUB_ENDPOINT") or "").rstrip("/") or None,
            web_pubsub_signing_key=(values.get("WEB_PUBSUB_SIGNING_KEY") or "primary").lower(),
            negotiate_key=values.get("NEGOTIATE_KEY") or None,
            website_hostname=values.get("WEBSITE_HOSTNAME") or None,
            website_auth_enabled=values.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            keep_alerts_days=values.get("KEEP_ALERTS_DAYS", ""),
            keep_notices_days=values.get("KEEP_NOTICES_DAYS", ""),
            keep_decisions_days=values.get("KEEP_DECISIONS_DAYS", ""),
            keep_diagnoses_days=values.get("KEEP_DIAGNOSES_DAYS", ""),
            keep_reports_days=values.get("KEEP_REPORTS_DAYS", ""),
            keep_dead_letters_days=values.get("KEEP_DEAD_LETTERS_DAYS", ""),
            keep_quarantine_days=values.get("KEEP_QUARANTINE_DAYS", ""),
            keep_incidents_days=values.get("KEEP_INCIDENTS_DAYS", ""),
            show_user_ids=values.get("SHOW_USER_IDS", "").lower() == "true",
            user_id_salt=values.get("USER_ID_SALT", ""),
        )

    def require_workspace(self) -> str:
        """Return the workspace's GUID.

        Raises:
            LinekeeperError: LOGS_WORKSPACE is missing.
        """
        if self.logs_workspace is None:
            raise LinekeeperError("the setting LOGS_WORKSPACE is missing; expected the workspace's GUID")
        return self.logs_workspace

    @property
    def has_storage(self) -> bool:
        """Tell whether a storage account is named, in whichever form."""
        return bool(self.storage_connection or self.storage_account or self.storage_blobs)

    @property
    def links_address(self) -> str | None:
        """Return the address that links on a card begin with, or None where there is no usable one: then cards have no links."""
        if self.public_url is None:
            return f"https://{self.website_hostname}/api" if self.website_hostname else None
        return self.public_url.rstrip("/") if _ADDRESS.fullmatch(self.public_url) else None

    @property
    def playbooks_address(self) -> str | None:
        """Return the address of the folder with the playbooks' pages, or None where there is no usable one.

        The app shows the pages itself then.
        """
        usable = self.playbooks_url is not None and _FOLDER_ADDRESS.fullmatch(self.playbooks_url)
        return self.playbooks_url if usable else None

    def check_alert_tenant(self) -> None:
        """Make sure that the tokens of alerts can be checked, where they are required.

        Raises:
            LinekeeperError: ALERT_TENANT is missing or is no GUID; tokens name their tenant by nothing else.
        """
        if self.alert_audience is None:
            return
        if self.alert_tenant is None:
            raise LinekeeperError("the setting ALERT_TENANT is missing; expected the GUID of the tenant")
        if not _GUID.fullmatch(self.alert_tenant):
            raise LinekeeperError(
                f"the setting ALERT_TENANT is not a GUID; expected what `{TENANT_COMMAND}` prints"
            )

    def check_entra_endpoint(self) -> None:
        """Make sure that the keys of tenants can be asked for.

        Raises:
            LinekeeperError: ENTRA_ENDPOINT is not the address of a host alone.
        """
        if not _HOST_ADDRESS.fullmatch(self.entra_endpoint):
            raise LinekeeperError(
                f"the setting ENTRA_ENDPOINT is not the address of a host; expected {PUBLIC_ENTRA_ENDPOINT}, without a tenant"
            )

    def check_config_container(self) -> None:
        """Make sure that files of configuration can be read from the container, where one is named.

        Raises:
            LinekeeperError: CONFIG_CONTAINER is set and is not the name of a container.
        """
        if self.config_container is not None and not _CONTAINER.fullmatch(self.config_container):
            raise LinekeeperError(
                "the setting CONFIG_CONTAINER is not the name of a container; expected 3 to 63 small letters, digits and "
                "single hyphens"
            )

    def check_public_url(self) -> None:
        """Make sure that cards can link to the app's pages.

        Raises:
            LinekeeperError: PUBLIC_URL is set and is not an address.
        """
        if self.public_url is not None and self.links_address is None:
            raise LinekeeperError("the setting PUBLIC_URL is not an address; expected https://<host>/api")

    def check_playbooks_url(self) -> None:
        """Make sure that cards can link to the playbooks' pages.

        Raises:
            LinekeeperError: PLAYBOOKS_URL is set and is not an address.
        """
        if self.playbooks_url is not None and self.playbooks_address is None:
            raise LinekeeperError(
                "the setting PLAYBOOKS_URL is not an address; expected https://<forge>/<folder of the pages>"
            )


class KeptSettings:
    """The settings of this process, read again when its environment has changed; may be used by several threads.

    Reading them takes as long as half a token, and a call of a function asks for them each time.
    """

    def __init__(self) -> None:
        self._kept: tuple[Mapping[bytes, bytes], Settings] | None = None

    def value(self) -> Settings:
        """Return the settings as they are now; the same object while no variable changed."""
        variables = _variables()
        kept = self._kept
        if kept is not None and kept[0] == variables:
            return kept[1]
        # Copied before they are read: a variable that changes meanwhile differs from the copy at the next call.
        copy = None if variables is None else dict(variables)
        settings = Settings.from_environment()
        self._kept = None if copy is None else (copy, settings)
        return settings


def _variables() -> Mapping[bytes, bytes] | None:
    """Return the variables as Python keeps them, or None where it keeps them otherwise.

    All that is public decodes every variable with every look, which is what takes so long.
    """
    variables = getattr(os.environ, "_data", None)
    return variables if isinstance(variables, dict) else None


def _tenant(value: str) -> str | None:
    """Return a tenant as tokens name it: small letters, without blanks and braces."""
    return value.strip().strip("{}\"'").strip().lower() or None


def _folder(value: str | None) -> Path | None:
    return Path(value) if value else None


def named_setting(name: str) -> str | None:
    """Return a setting whose name stands in a configuration file, or None where it is missing or empty.

    The address of a receiver is such a setting, because it is a secret.
    """
    return os.environ.get(name) or None
