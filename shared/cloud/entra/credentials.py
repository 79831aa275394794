"""The credential of the app: its managed identity, or the caller's own login on a laptop."""

from typing import TypeAlias

from azure.core.credentials import TokenCredential
from azure.identity import AzureCliCredential, ManagedIdentityCredential

Credential: TypeAlias = TokenCredential  # what those above this room know it by


def managed_identity(client_id: str | None) -> TokenCredential:
    """Return the app's managed identity; `client_id` names a user-assigned one."""
    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()


def caller_login() -> TokenCredential:
    """Return the login of the person at the command line (`az login`)."""
    return AzureCliCredential()
