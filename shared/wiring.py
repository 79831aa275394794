"""The only module that joins the rooms to the cloud."""

from shared.queries.logs import Logs
from shared.settings import Settings

# The SDKs are imported where they are used: a cold start that needs none of them pays for none.


def workspace_logs(settings: Settings) -> Logs:
    """Return the app's workspace, asked with its managed identity."""
    from shared.cloud.identity import managed_identity
    from shared.cloud.logs import WorkspaceLogs

    return WorkspaceLogs(
        settings.require_workspace(), managed_identity(settings.client_id), settings.logs_endpoint
    )


def callers_logs(settings: Settings, workspace: str) -> Logs:
    """Return any workspace, asked with the login of the person at the command line."""
    from shared.cloud.identity import caller_login
    from shared.cloud.logs import WorkspaceLogs

    return WorkspaceLogs(workspace, caller_login(), settings.logs_endpoint)
