"""The only module that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import LinekeeperError

PUBLIC_QUERY_ENDPOINT = "https://api.loganalytics.io"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the app is told from outside; read on first use, so that one missing setting never empties the app."""

    logs_endpoint: str
    logs_workspace: str | None  # the workspace's GUID
    client_id: str | None  # of a user-assigned identity
    show_user_ids: bool
    user_id_salt: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; `environment` stands in for the process's own in tests."""
        given = os.environ if environment is None else environment
        return cls(
            logs_endpoint=given.get("LOGS_ENDPOINT", PUBLIC_QUERY_ENDPOINT).rstrip("/"),
            logs_workspace=given.get("LOGS_WORKSPACE") or None,
            client_id=given.get("AZURE_CLIENT_ID") or None,
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
