from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.workspace.database import EVER, Timespan, Workspace
from local.workspace.kql import run
from local.workspace.refusal import RefusedQueryError
from shared.queries.schema import empty_table

NINE = datetime(2025, 2, 25, 9, tzinfo=UTC)


def row(minute: int, **cells: object) -> dict[str, object]:
    moment = NINE + timedelta(minutes=minute)
    return {"TimeGenerated": moment, "_IngestionTime": moment + timedelta(minutes=5), **cells}


def count(workspace: Workspace, timespan: Timespan = EVER) -> object:
    return run(workspace, "WebPubSubConnectivity | count", timespan).rows()[0][0]


@pytest.fixture
def workspace() -> Workspace:
    new = Workspace()
    new.load({"WebPubSubConnectivity": [row(minute, ConnectionId=f"lobby-{minute}") for minute in range(60)]})
    return new


def test_has_only_the_tables_it_received(workspace: Workspace) -> None:
    workspace.load({"AppTraces": []})

    assert {"WebPubSubConnectivity", "AppTraces"} == workspace.tables


def test_gives_every_column_its_published_type() -> None:
    workspace = Workspace()
    workspace.load(
        {"AppRequests": [row(0, Success=True, DurationMs=12.5, ItemCount=1, Properties='{"hub":"lobby"}')]}
    )

    answer = run(
        workspace, "AppRequests | project TimeGenerated, Success, DurationMs, ItemCount, Properties, Name"
    )

    assert ["datetime", "bool", "real", "int", "dynamic", "string"] == [kind for _, kind in answer.columns]
    assert [["2025-02-25T09:00:00Z", True, 12.5, 1, '{"hub":"lobby"}', ""]] == answer.rows()


def test_keeps_a_text_column_empty_and_never_null() -> None:
    """A string of KQL has no null, so what a row lacks takes part in comparing, joining and counting."""
    workspace = Workspace()
    workspace.load({"AppTraces": [row(0), row(1, Message=None), row(2, Message="")]})

    assert [["", 3]] == run(workspace, "AppTraces | summarize count() by Message").rows()


def test_lets_an_empty_table_of_the_query_stand_in_for_one_it_never_received() -> None:
    query = (
        empty_table("ACSCallSummary") + " ACSCallSummary | summarize n = count(), latest = max(TimeGenerated)"
    )

    assert [[0, None]] == run(Workspace(), query).rows()


def test_hides_what_was_ingested_later(workspace: Workspace) -> None:
    workspace.visible_until = NINE + timedelta(minutes=14)

    assert 10 == count(workspace)


def test_shows_everything_again(workspace: Workspace) -> None:
    workspace.visible_until = NINE
    count(workspace)
    workspace.visible_until = None

    assert 60 == count(workspace)


@pytest.mark.parametrize(
    ("timespan", "rows"),
    [
        pytest.param(Timespan(NINE + timedelta(minutes=50)), 10, id="open to the end"),
        pytest.param(Timespan(end=NINE + timedelta(minutes=9)), 10, id="open to the start"),
        pytest.param(Timespan(NINE, NINE), 1, id="both ends count"),
    ],
)
def test_limits_a_query_to_its_timespan(workspace: Workspace, timespan: Timespan, rows: int) -> None:
    assert rows == count(workspace, timespan)


def test_limits_no_other_query(workspace: Workspace) -> None:
    count(workspace, Timespan(end=NINE))

    assert 60 == count(workspace)


def test_adds_later_rows_with_further_columns(workspace: Workspace) -> None:
    workspace.load({"WebPubSubConnectivity": [row(60, UserId="alice")]})

    result = run(
        workspace, "WebPubSubConnectivity | summarize count() by UserId | order by UserId asc"
    ).rows()

    assert [["", 60], ["alice", 1]] == result


def test_makes_rows_by_sql_and_fills_the_columns_it_lacks() -> None:
    workspace = Workspace()
    workspace.create_from_sql(
        "WebPubSubConnectivity",
        "SELECT TIMESTAMP '2025-02-25' + i * INTERVAL 1 SECOND AS TimeGenerated, 'lobby' AS ConnectionId FROM range(3) t(i)",
    )

    result = run(
        workspace,
        "WebPubSubConnectivity | summarize count(), max(ingestion_time()) by ConnectionId, UserId",
    ).rows()

    assert [["lobby", "", 3, "2025-02-25T00:05:02Z"]] == result


@pytest.mark.parametrize(
    "text",
    ["caf\u00e9 \U0001f600", "a\x00b", 'quote " and \\', "line\nbreak", "\u2028"],
)
def test_keeps_any_text(text: str) -> None:
    workspace = Workspace()
    workspace.load({"AppTraces": [row(0, Message=text), row(1, Message="ws_closed")]})

    assert [[text]] == run(workspace, "AppTraces | top 1 by TimeGenerated asc | project Message").rows()


def test_replaces_half_a_surrogate_pair() -> None:
    workspace = Workspace()
    workspace.load({"AppTraces": [row(0, Message="a\ud83db")]})

    assert [["a?b"]] == run(workspace, "AppTraces | project Message").rows()


def test_loads_rows_that_are_all_alike() -> None:
    workspace = Workspace()
    workspace.load({"AppTraces": [row(0, Message="ws_closed")] * 7_000})

    assert [[7_000]] == run(workspace, 'AppTraces | where Message == "ws_closed" | count').rows()


def test_reads_no_file_by_the_name_of_a_table(tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_text("key\nopen sesame\n")

    with pytest.raises(RefusedQueryError, match="file system operations are disabled"):
        run(Workspace(), f"['{file}'] | take 1")
