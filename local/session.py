"""Put exported tables behind a small Azure, and ask them as the product would."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cloud import SmallAzure, small_azure
from local.exports import read_folder
from local.workspace.database import Workspace
from shared.queries.logs import Logs
from shared.settings import Settings
from shared.wiring import workspace_logs


@contextmanager
def session_on(folder: Path) -> Iterator[Logs]:
    """Serve a folder of tables, every row visible, for as long as the block lasts.

    Raises:
        InputError: the folder holds no table, or a file of it cannot be read.
    """
    export = read_folder(folder)
    for warning in export.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    workspace = Workspace()
    workspace.load(export.tables)
    with asked_as_in_azure(workspace) as logs:
        yield logs


@contextmanager
def asked_as_in_azure(workspace: Workspace) -> Iterator[Logs]:
    """Serve a workspace over HTTPS and yield the product's own client for it, with its managed identity."""
    with small_azure(workspace) as azure:
        yield logs_of(azure)


def logs_of(azure: SmallAzure) -> Logs:
    """Return the product's own client for a small Azure, wired from the environment as in App Service."""
    os.environ.update(azure.environment)
    return workspace_logs(Settings.from_environment())
