"""The central claim: the real clients of Azure, with the product's kind of credential, work here unchanged."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.identity import ManagedIdentityCredential
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.bodies import Limits
from local.workspace.database import Workspace
from local.workspace.faults import Trouble

NINE = datetime(2025, 2, 25, 9, tzinfo=UTC)
TABLE = "WebPubSubConnectivity"


def aborted(minute: int) -> dict[str, object]:
    moment = NINE + timedelta(minutes=minute)
    return {"TimeGenerated": moment, "_IngestionTime": moment, "UserId": "alice", "_BilledSize": 0.5}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAzure]:
    workspace = Workspace()
    workspace.load({TABLE: [aborted(minute) for minute in range(60)]})
    with small_azure(workspace) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        yield azure


def client_of(azure: SmallAzure) -> LogsQueryClient:
    endpoint = azure.environment["LOGS_ENDPOINT"]
    return LogsQueryClient(ManagedIdentityCredential(retry_total=0), endpoint=endpoint, retry_total=1)


def ask(
    azure: SmallAzure, query: str, timespan: tuple[datetime, datetime] | None = None
) -> LogsQueryResult | LogsQueryPartialResult:
    with client_of(azure) as client:
        return client.query_workspace(azure.environment["LOGS_WORKSPACE"], query, timespan=timespan)


def rows_of(result: LogsQueryResult | LogsQueryPartialResult) -> list[list[object]]:
    assert isinstance(result, LogsQueryResult)
    return [list(row) for row in result.tables[0].rows]


def test_the_real_client_reads_typed_rows_with_its_managed_identity(azure: SmallAzure) -> None:
    result = ask(
        azure,
        f"{TABLE} | summarize n = count(), latest = max(TimeGenerated), size = sum(_BilledSize) by UserId",
    )

    assert [["alice", 60, NINE + timedelta(minutes=59), 30.0]] == rows_of(result)


def test_trust_is_read_at_each_call_and_not_when_a_client_is_built(
    azure: SmallAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = azure.environment["REQUESTS_CA_BUNDLE"]
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with client_of(azure) as client:
        with pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
            client.query_workspace(azure.environment["LOGS_WORKSPACE"], f"{TABLE} | count", timespan=None)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted)

        result = client.query_workspace(
            azure.environment["LOGS_WORKSPACE"], f"{TABLE} | count", timespan=None
        )

    assert [[60]] == rows_of(result)


def test_asks_for_a_token_of_the_endpoint_it_queries(azure: SmallAzure) -> None:
    ask(azure, TABLE)

    assert [azure.environment["LOGS_ENDPOINT"]] == azure.identity.token_requests


def test_limits_rows_to_the_timespan_of_the_request(azure: SmallAzure) -> None:
    span = (NINE + timedelta(minutes=10), NINE + timedelta(minutes=19))

    assert [[10]] == rows_of(ask(azure, f"{TABLE} | count", timespan=span))


def test_a_missing_table_is_a_400_that_names_it(azure: SmallAzure) -> None:
    with pytest.raises(HttpResponseError) as refused:
        ask(azure, "ACSCallSummary | where CallType == 'Group'")

    assert 400 == refused.value.status_code
    assert "Failed to resolve table or column expression named 'ACSCallSummary'" in str(refused.value)


def test_a_result_beyond_the_limit_of_rows_is_partial(azure: SmallAzure) -> None:
    azure.api.limits = Limits(rows=7)

    result = ask(azure, TABLE)

    assert isinstance(result, LogsQueryPartialResult)
    assert (7, "PartialError") == (len(result.partial_data[0].rows), result.partial_error.code)  # type: ignore[union-attr]


def test_a_throttled_query_is_asked_again(azure: SmallAzure) -> None:
    azure.faults.throttle(retry_after=0.01)

    result = ask(azure, f"{TABLE} | count")

    assert [[60]] == rows_of(result)
    assert [Trouble.THROTTLED] == azure.faults.met


def test_a_query_without_permission_is_a_403(azure: SmallAzure) -> None:
    azure.faults.forbid()

    with pytest.raises(HttpResponseError) as refused:
        ask(azure, TABLE)

    assert 403 == refused.value.status_code


def test_counts_what_it_answers(azure: SmallAzure) -> None:
    queries = [f"{TABLE} | where UserId == 'alice' | take {rows}" for rows in range(1, 9)]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda query: ask(azure, query), queries))

    assert sorted(queries) == sorted(azure.traffic.queries)
    assert (sum(range(1, 9)), True) == (azure.traffic.rows, azure.traffic.most_at_once <= 4)


def test_several_run_at_once_and_start_at_once() -> None:
    before = time.perf_counter()
    with small_azure(Workspace()) as one, small_azure(Workspace()) as another:
        took = time.perf_counter() - before

        assert one.environment["LOGS_ENDPOINT"] != another.environment["LOGS_ENDPOINT"]

    assert took < 1


def test_stops_at_once_although_a_caller_keeps_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace()
    workspace.load({TABLE: []})
    with small_azure(workspace) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        client = client_of(azure)
        client.query_workspace(azure.environment["LOGS_WORKSPACE"], TABLE, timespan=None)
        before = time.perf_counter()

    assert time.perf_counter() - before < 1
