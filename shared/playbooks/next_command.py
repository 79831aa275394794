"""Write the command that a person pastes to decide what a diagnosis left open."""

from shlex import quote

from shared.clock import iso
from shared.queries.scope import Window

WORKSPACE = '"$WORKSPACE_GUID"'  # a diagnosis does not know the workspace; the person does


def fetch_command(resource: str, window: Window, *, workspace: str | None = None) -> str:
    """Write the `linekeeper fetch` that brings every table of a resource for a window into a folder."""
    source = quote(workspace) if workspace else WORKSPACE
    return f"linekeeper fetch {quote(resource)} --workspace {source} {_times(window)}"


def diagnose_command(
    resource: str, window: Window, *, playbook: str | None = None, logs: str | None = None
) -> str:
    """Write the `linekeeper diagnose` of a resource and a window, on the folder `logs` or on the workspace."""
    source = f"--logs {quote(logs)}" if logs else f"--workspace {WORKSPACE}"
    named = f" --playbook {quote(playbook)}" if playbook else ""
    return f"linekeeper diagnose {source} --resource {quote(resource)} {_times(window)}{named}"


def query_command(playbook: str, check: str, resource: str, window: Window) -> str:
    """Write the `linekeeper query` that prints the complete text of a check, for the portal."""
    return f"linekeeper query {quote(playbook)} {quote(check)} --resource {quote(resource)} {_times(window)}"


def _times(window: Window) -> str:
    return f"--from {iso(window.start)} --to {iso(window.end)}"
