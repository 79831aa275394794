"""The only module that reads the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import LinekeeperError

PUBLIC_QUERY_ENDPOINT = "https://api.loganalytics.io"
PUBLIC_ENTRA_ENDPOINT = "https://login.microsoftonline.com"
PUBLIC_METRICS_ENDPOINT = "https://{region}.metrics.monitor.azure.com"
CONFIG_FOLDER = Path(__file__).parents[1] / "config"
EVERY_MINUTE = "0 * * * * *"
EVERY_MINUTE_BETWEEN_WATCHES = "30 * * * * *"
EVERY_15_SECONDS = "*/15 * * * * *"

_FOLDER = re.compile(r"https://[^\s/?#\"'<>]+[^\s#\"'<>]*")  # some forges name the path in the query
_ADDRESS = re.compile(r"https?://[^\s/?#\"'<>]+(/[^\s?#\"'<>]*)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the app is told from outside; read on first use, so that one missing setting never empties the app.

    Storage is the Functions host's own account, in the host's own two forms: a connection string, or the
    addresses of its services (or its name), which are then asked with the managed identity.
    """

    logs_endpoint: str
    logs_workspace: str | None  # the workspace's GUID
    metrics_endpoint: str  # `{region}` stands for the resource's region
    client_id: str | None  # of a user-assigned identity
    storage_connection: str | None
    storage_account: str | None
    storage_tables: str | None
    storage_queues: str | None
    storage_blobs: str | None
    config_folder: Path
    watch_schedule: str  # read by the Functions host, as %WATCH_SCHEDULE%; empty where it is missing
    track_schedule: str
    notice_schedule: str
    alert_audience: str | None  # whom the tokens of alerts must be for; several are parted by blanks
    alert_tenant: str | None  # the GUID of the tenant that issues them
    entra_endpoint: str
    health_key: str | None
    public_url: str | None  # where the app's HTTP functions are reached, with the prefix of their routes
    playbooks_url: str | None  # the folder of the playbooks' pages on the team's forge
    website_hostname: str | None  # App Service names it itself
    website_auth_enabled: bool  # App Service authentication stands before every request
    show_user_ids: bool
    user_id_salt: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; `environment` stands in for the process's own in tests."""
        given = os.environ if environment is None else environment
        return cls(
            logs_endpoint=given.get("LOGS_ENDPOINT", PUBLIC_QUERY_ENDPOINT).rstrip("/"),
            logs_workspace=given.get("LOGS_WORKSPACE") or None,
            metrics_endpoint=(given.get("METRICS_ENDPOINT") or PUBLIC_METRICS_ENDPOINT).rstrip("/"),
            client_id=given.get("AZURE_CLIENT_ID") or None,
            storage_connection=given.get("AzureWebJobsStorage") or None,
            storage_account=given.get("AzureWebJobsStorage__accountName") or None,
            storage_tables=given.get("AzureWebJobsStorage__tableServiceUri") or None,
            storage_queues=given.get("AzureWebJobsStorage__queueServiceUri") or None,
            storage_blobs=given.get("AzureWebJobsStorage__blobServiceUri") or None,
            config_folder=Path(given.get("CONFIG_FOLDER") or CONFIG_FOLDER),
            watch_schedule=given.get("WATCH_SCHEDULE", ""),
            track_schedule=given.get("TRACK_SCHEDULE", ""),
            notice_schedule=given.get("NOTICE_SCHEDULE", ""),
            alert_audience=given.get("ALERT_AUDIENCE") or None,
            alert_tenant=given.get("ALERT_TENANT") or None,
            entra_endpoint=(given.get("ENTRA_ENDPOINT") or PUBLIC_ENTRA_ENDPOINT).rstrip("/"),
            health_key=given.get("HEALTH_KEY") or None,
            public_url=given.get("PUBLIC_URL") or None,
            playbooks_url=given.get("PLAYBOOKS_URL") or None,
            website_hostname=given.get("WEBSITE_HOSTNAME") or None,
            website_auth_enabled=given.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            show_user_ids=given.get("SHOW_USER_IDS", "").lower() == "true",
            user_id_salt=given.get("USER_ID_SALT", ""),
        )

    def require_workspace(self) -> str:
        """Return the workspace's GUID.

        Raises:
            LinekeeperError: the setting is missing.
        """
        if self.logs_workspace is None:
            raise LinekeeperError("the setting LOGS_WORKSPACE is missing; expected the workspace's GUID")
        return self.logs_workspace

    @property
    def links_address(self) -> str | None:
        """Return the address that links on a card begin with; without a usable one cards have no links, and come all the same."""
        if self.public_url is None:
            return f"https://{self.website_hostname}/api" if self.website_hostname else None
        return self.public_url.rstrip("/") if _ADDRESS.fullmatch(self.public_url) else None

    @property
    def playbooks_address(self) -> str | None:
        """Return the address of the folder that holds the playbooks' pages; without a usable one we show them ourselves."""
        usable = self.playbooks_url is not None and _FOLDER.fullmatch(self.playbooks_url)
        return self.playbooks_url if usable else None

    def check_alert_tenant(self) -> None:
        """Make sure that tokens of alerts can be checked, where they are required.

        Raises:
            LinekeeperError: the setting is missing; every alert is answered 503 then.
        """
        if self.alert_audience is not None and self.alert_tenant is None:
            raise LinekeeperError("the setting ALERT_TENANT is missing; expected the GUID of the tenant")

    def check_public_url(self) -> None:
        """Make sure that people can be sent to us.

        Raises:
            LinekeeperError: the setting is not an address.
        """
        if self.public_url is not None and self.links_address is None:
            raise LinekeeperError("the setting PUBLIC_URL is not an address; expected https://<host>/api")

    def check_playbooks_url(self) -> None:
        """Make sure that people can be sent to the playbooks.

        Raises:
            LinekeeperError: the setting is not an address.
        """
        if self.playbooks_url is not None and self.playbooks_address is None:
            raise LinekeeperError(
                "the setting PLAYBOOKS_URL is not an address; expected https://<forge>/<folder of the pages>"
            )


def named_setting(name: str) -> str | None:
    """Return a setting that configuration names, such as the address of a receiver, which is a secret."""
    return os.environ.get(name) or None
