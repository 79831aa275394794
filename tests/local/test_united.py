"""A query over several workspaces, asked by the product's own client."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from local.workspace.kql import run
from local.workspace.united import United
from shared.cloud.entra.credentials import managed_identity
from shared.cloud.monitor.logs import WorkspaceLogs
from shared.queries.logs import Failure, QueryError

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
APPS = "7d1f0b52-9a55-4a2e-8c0e-3f5ad2f1f001"


def row(minute: int, **cells: object) -> dict[str, object]:
    moment = NINE + minute * MINUTE
    return {"TimeGenerated": moment, "_IngestionTime": moment + 5 * MINUTE, **cells}


@pytest.fixture
def lobby() -> Workspace:
    workspace = Workspace()
    workspace.load(
        {"WebPubSubConnectivity": [row(minute) for minute in range(3)], "AzureActivity": [row(0), row(1)]}
    )
    return workspace


@pytest.fixture
def apps(lobby: Workspace) -> Workspace:
    workspace = Workspace(beside=lobby)
    workspace.load({"AppTraces": [row(0, Message="ws_closed")], "AzureActivity": [row(0), row(2), row(3)]})
    return workspace


@pytest.fixture
def azure(lobby: Workspace, apps: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAzure]:
    with small_azure(lobby, other_workspaces={APPS: apps}) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        yield azure


def count(azure: SmallAzure, table: str, workspace: str, *additional: str) -> object:
    credential = managed_identity(None)
    logs = WorkspaceLogs(workspace, credential, azure.environment["LOGS_ENDPOINT"], additional)
    return logs.query(f"{table} | count", MINUTE).rows[0]["Count"]


def test_each_workspace_is_asked_by_its_id(azure: SmallAzure) -> None:
    assert (2, 3) == (
        count(azure, "AzureActivity", azure.environment["LOGS_WORKSPACE"]),
        count(azure, "AzureActivity", APPS),
    )


def test_a_query_over_both_reads_every_row_of_both(azure: SmallAzure) -> None:
    main = azure.environment["LOGS_WORKSPACE"]

    assert [5, 3, 1] == [
        count(azure, table, main, APPS) for table in ("AzureActivity", "WebPubSubConnectivity", "AppTraces")
    ]


def test_a_workspace_that_is_named_twice_counts_once(azure: SmallAzure) -> None:
    assert 3 == count(azure, "AzureActivity", APPS, APPS.upper())


def test_a_table_of_the_other_workspace_is_missing_in_a_query_of_one(azure: SmallAzure) -> None:
    with pytest.raises(QueryError) as refused:
        count(azure, "AppTraces", azure.environment["LOGS_WORKSPACE"])

    assert Failure.MISSING_TABLE == refused.value.failure


def test_a_workspace_that_is_not_there_is_refused(azure: SmallAzure) -> None:
    with pytest.raises(QueryError) as refused:
        count(azure, "AppTraces", APPS, "elsewhere")

    assert Failure.REFUSED == refused.value.failure


def test_rows_of_all_workspaces_wait_for_the_same_time(lobby: Workspace, apps: Workspace) -> None:
    lobby.visible_until = NINE + 6 * MINUTE

    assert [[3]] == run(United([lobby, apps]), "AzureActivity | count").rows()
    assert apps.is_hiding()


def test_a_table_that_comes_later_is_read_too(lobby: Workspace, apps: Workspace) -> None:
    run(United([lobby, apps]), "AzureActivity | count")
    lobby.load({"AppTraces": [row(1, Message="connection closed")]})

    assert [[2]] == run(United([lobby, apps]), "AppTraces | count").rows()


def test_views_are_made_once_for_the_same_workspaces(lobby: Workspace, apps: Workspace) -> None:
    for _ in range(3):
        run(United([lobby, apps]), "AzureActivity | count")

    assert 1 == len(lobby.group.united)


def test_workspaces_of_two_databases_cannot_be_read_together(lobby: Workspace) -> None:
    with pytest.raises(ValueError, match="beside"):
        United([lobby, Workspace()])
