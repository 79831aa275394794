"""Put exported tables behind a small Azure, and ask them as the product would."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from local.arm import arm_from, has_arm
from local.azure.small_azure import SmallAzure, small_azure
from local.exports import Export, read_folder
from local.exports.local_times import DateOrder
from local.exports.sources import Unread
from local.metrics.store import MetricStore, read_samples
from local.output.results import safe
from local.workspace.database import Workspace
from shared.app.runtime import Runtime
from shared.cloud.arm.sources import arm_sources
from shared.cloud.entra.credentials import Credential, caller_login, managed_identity
from shared.cloud.monitor.logs import WorkspaceLogs
from shared.cloud.monitor.metrics import RegionalMetrics
from shared.context.ports import ContextSources
from shared.queries.logs import Logs
from shared.queries.metrics import Metrics
from shared.queries.run import Run
from shared.queries.scope import Scope
from shared.settings import Settings

# Nobody shares the files with us, and every playbook of a service may be asked of them on a slow machine.
_BUDGET = timedelta(minutes=10)
OF_SERVICE = ("WebPubSub", "ACS")


class Session(NamedTuple):
    """The queries of a diagnosis on a folder, and what of the folder was not read."""

    run: Run
    unread: tuple[Unread, ...]
    sources: ContextSources | None = None  # None where nothing is known of Azure Resource Manager


@contextmanager
def session_on(folder: Path, scope: Scope, order: DateOrder | None = None) -> Iterator[Session]:
    """Serve a folder of tables, and its `metrics.ndjson` if it has one, for as long as the block lasts.

    `order` is that of day and month in its CSV files, where they do not tell it.

    Raises:
        InputError: the folder holds no table, or a file of it cannot be read.
    """
    samples = read_samples(folder)
    export = read_folder(folder, order)
    for warning in (*export.warnings, *uncounted_rows(export, scope)):
        print(f"warning: {safe(warning)}", file=sys.stderr)
    for file, why in export.unread:
        print(f"not read: {safe(file)}: {safe(why)}", file=sys.stderr)
    workspace = Workspace()
    workspace.load(export.tables)
    store = MetricStore(samples)
    with small_azure(workspace, metrics=store, arm=arm_from(folder)) as azure:
        logs = logs_of(azure)
        run = Run(logs, scope, _BUDGET)
        if samples:
            run.metrics, run.region = metrics_of(azure), store.region_of(scope.resources[0])
        yield Session(run, tuple(export.unread), context_of(azure) if has_arm(folder) else None)


def uncounted_rows(export: Export, scope: Scope) -> Iterator[str]:
    """Say of which tables no row can count: rows without a time, or of other resources only."""
    for table, rows in export.tables.items():
        timeless = sum(row.get("TimeGenerated") is None for row in rows)
        if timeless:
            yield f"{timeless} of {len(rows)} rows of {table} have no TimeGenerated and do not count"
        owners = {str(row.get("_ResourceId") or "").lower() for row in rows}
        if owners and table.startswith(OF_SERVICE) and not any(_is_of(owner, scope) for owner in owners):
            yield f"no row of {table} belongs to {scope.resources[0]}; the first belongs to {min(owners)}"


def _is_of(owner: str, scope: Scope) -> bool:
    return not owner or any(
        owner == resource or owner.startswith(f"{resource}/") for resource in scope.resources
    )


def callers_logs(settings: Settings, workspace: str) -> Logs:
    """Return any workspace, asked with the login of the person at the command line."""
    return WorkspaceLogs(workspace, callers_credential(settings), settings.logs_endpoint)


def callers_context(settings: Settings) -> ContextSources:
    """Return the sources of context, asked with the login of the person at the command line."""
    return arm_sources(callers_credential(settings), settings.arm_endpoint)


def callers_metrics(settings: Settings) -> Metrics:
    """Return the platform metrics, asked with the login of the person at the command line."""
    return RegionalMetrics(callers_credential(settings), settings.metrics_endpoint)


def callers_credential(settings: Settings) -> Credential:
    """Return the login of the person at the command line."""
    # In a cloud shell or a container with an identity there is nobody to log in.
    return managed_identity(settings.client_id) if os.environ.get("IDENTITY_ENDPOINT") else caller_login()


def logs_of(azure: SmallAzure) -> Logs:
    """Return the product's own client for a small Azure, wired from the environment as in App Service."""
    os.environ.update(azure.environment)
    settings = Settings.from_environment()
    return Runtime(settings).logs_over([settings.require_workspace()])


def metrics_of(azure: SmallAzure) -> Metrics:
    """Return the product's own client for the metrics of a small Azure, with its managed identity."""
    os.environ.update(azure.environment)
    return Runtime(Settings.from_environment()).metrics


def context_of(azure: SmallAzure) -> ContextSources:
    """Return the product's own clients for the Azure Resource Manager of a small Azure."""
    os.environ.update(azure.environment)
    return Runtime(Settings.from_environment()).context
