"""Which resources are watched, and where their logs are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WatchedResource:
    """One resource of `config/resources.yaml`; workspaces are GUIDs.

    `id` is the ARM id in lower case. Where a workspace is not named, the resource's own is meant.
    """

    id: str
    workspace: str
    activity_workspace: str
    app_workspace: str
    apps: tuple[
        str, ...
    ] = ()  # ids of Application Insights components; empty means every one of the workspace
    environment: str = "production"
    owner: str = ""
    region: str | None = None  # such as "westeurope"; None where only the logs tell it

    @property
    def service(self) -> str:
        """The ARM type, such as `microsoft.signalrservice/webpubsub`."""
        parts = self.id.split("/")
        return f"{parts[6]}/{parts[7]}"

    @property
    def subscription(self) -> str:
        """The GUID of the subscription."""
        return self.id.split("/")[2]

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Every workspace that holds rows about the resource, its own first."""
        return tuple(dict.fromkeys((self.workspace, self.activity_workspace, self.app_workspace)))
