from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from local.workspace.database import Workspace
from local.workspace.kql import run
from local.workspace.refusal import RefusedQueryError


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    new = Workspace()
    closed = {
        "TimeGenerated": datetime(2025, 2, 25, 9, tzinfo=UTC),
        "_IngestionTime": datetime(2025, 2, 25, 9, 7, tzinfo=UTC),
        "Message": "ws_closed",
        "Properties": '{"code":1006}',
    }
    new.load({"AppTraces": [closed]})
    return new


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("datetime(2025-02-25 09:19:25.391)", "datetime", "2025-02-25T09:19:25.391000Z"),
        ("datetime(null)", "datetime", None),
        ("true", "bool", True),
        ("long(9223372036854775807)", "long", 9223372036854775807),
        ("real(nan)", "real", "NaN"),
        ("real(+inf)", "real", "Infinity"),
        ("real(-inf)", "real", "-Infinity"),
        ("0.25", "real", 0.25),
        ("dynamic({'code': 1006})", "dynamic", '{"code":1006}'),
        ("pack_array(1, 2)", "dynamic", "[1,2]"),
        ("1d + 90s", "timespan", "1.00:01:30"),
        ("datetime(2025-02-25) - datetime(2025-02-26)", "timespan", "-1.00:00:00"),
        ("'lobby'", "string", "lobby"),
    ],
)
def test_writes_values_as_the_query_api_does(
    workspace: Workspace, expression: str, kind: str, value: object
) -> None:
    answer = run(workspace, f"print X = {expression}")

    assert ([("X", kind)], [[value]]) == (answer.columns, answer.rows())


def test_gives_a_text_that_a_join_did_not_find_as_empty(workspace: Workspace) -> None:
    query = "print K = 1 | join kind=leftouter (print K = 2, Hub = 'lobby') on K | project Hub"

    assert [[""]] == run(workspace, query).rows()


@pytest.mark.parametrize(
    ("query", "value"),
    [
        pytest.param("AppTraces | project X = ingestion_time()", "2025-02-25T09:07:00Z", id="the call"),
        pytest.param("AppTraces | project X = 'ingestion_time()'", "ingestion_time()", id="in a text"),
        pytest.param(
            "AppTraces | project X = @'\\ingestion_time()'", "\\ingestion_time()", id="in a verbatim text"
        ),
        pytest.param(
            "AppTraces // it's ingestion_time()\n| project X = Message", "ws_closed", id="in a comment"
        ),
        pytest.param(
            "AppTraces | project X = strcat('it\\'s ', format_datetime(ingestion_time(), 'HH:mm'))",
            "it's 09:07",
            id="after a quote in a text",
        ),
    ],
)
def test_reads_the_time_of_ingestion_where_it_is_called(workspace: Workspace, query: str, value: str) -> None:
    assert [[value]] == run(workspace, query).rows()


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        pytest.param(
            "WebPubSubConnectivity | where UserId == 'alice'",
            "SEM0100",
            "'where' operator: Failed to resolve table or column expression named 'WebPubSubConnectivity'",
            id="a table that was never received",
        ),
        pytest.param(
            "let connects = WebPubSubConnectivity | count; connects",
            "SEM0100",
            "'count' operator: Failed to resolve table or column expression named 'WebPubSubConnectivity'",
            id="a missing table in a let",
        ),
        pytest.param(
            "AppTraces | join kind=inner (WebPubSubConnectivity) on UserId",
            "SEM0100",
            "'join' operator: Failed to resolve table or column expression named 'WebPubSubConnectivity'",
            id="a missing table in a join",
        ),
        pytest.param(
            "AppTraces | where Hub == 'lobby'",
            "SEM0100",
            "'where' operator: Failed to resolve column or scalar expression named 'Hub'",
            id="a column that the table lacks",
        ),
        pytest.param(
            "AppTraces | summarize count() by Hub",
            "SEM0100",
            "'summarize' operator: Failed to resolve column or scalar expression named 'Hub'",
            id="a column to group by that the table lacks",
        ),
        pytest.param(
            "AppTraces | project Message | where UserId == 'alice'",
            "SEM0100",
            "'where' operator: Failed to resolve column or scalar expression named 'UserId'",
            id="a column that was projected away",
        ),
        pytest.param(
            "AppTraces | where", "SYN0002", "Query could not be parsed", id="a query that breaks off"
        ),
        pytest.param("", "SYN0002", "Query could not be parsed", id="nothing"),
        pytest.param(
            "AppTraces | evaluate bag_unpack(Properties)", "SEM0000", "cannot run this", id="beyond DuckDB"
        ),
        pytest.param(
            "AppTraces | where Message > 5", "SEM0001", "Cannot compare", id="text against a number"
        ),
        pytest.param(".drop table AppTraces", "SEM0000", "cannot run this", id="a command that writes"),
    ],
)
def test_refuses_in_the_words_of_kusto(workspace: Workspace, query: str, code: str, message: str) -> None:
    with pytest.raises(RefusedQueryError) as refused:
        run(workspace, query)

    assert code == refused.value.code
    assert message in refused.value.message


def test_finds_a_table_that_arrived_after_the_same_text_was_refused() -> None:
    workspace = Workspace()
    with pytest.raises(RefusedQueryError):
        run(workspace, "AppEvents | count")
    workspace.load({"AppEvents": []})

    assert [[0]] == run(workspace, "AppEvents | count").rows()


def test_answers_four_callers_at_once(workspace: Workspace) -> None:
    queries = [
        f"AppTraces | where Message has 'ws_closed' | project Caller = {caller}" for caller in range(40)
    ]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda query: run(workspace, query).rows(), queries))

    assert [[[caller]] for caller in range(40)] == answers
