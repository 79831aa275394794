"""The wire protocol of the query API, byte by byte where the real client would hide it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.bodies import Limits
from local.workspace.database import Workspace

NINE = datetime(2025, 2, 25, 9, tzinfo=UTC)

SLOW = """range a from 1 to 100000 step 1 | extend k = 1
| join kind=inner (range b from 1 to 100000 step 1 | extend k = 1) on k | summarize sum(a * b)"""


@dataclass
class Caller:
    """Sends what a test wants, with a good token unless it says otherwise."""

    azure: SmallAzure

    def post(self, body: object, *, token: str | None = None, **headers: str) -> requests.Response:
        good, _ = self.azure.identity.issue(self.azure.environment["LOGS_ENDPOINT"])
        return requests.post(
            f"{self.azure.environment['LOGS_ENDPOINT']}/v1/workspaces/{self.azure.environment['LOGS_WORKSPACE']}/query",
            data=body if isinstance(body, str) else json.dumps(body),
            headers={"Authorization": f"Bearer {good if token is None else token}", **headers},
            verify=self.azure.environment["REQUESTS_CA_BUNDLE"],
            timeout=10,
        )

    def ask(self, query: str, **more: object) -> Any:
        return self.post({"query": query, **more}).json()


@pytest.fixture(scope="module")
def served() -> Iterator[SmallAzure]:
    workspace = Workspace()
    closed = [
        {"TimeGenerated": NINE + timedelta(minutes=minute), "Message": "ws_closed"} for minute in range(10)
    ]
    workspace.load({"AppTraces": closed})
    with small_azure(workspace) as azure:
        yield azure


@pytest.fixture
def caller(served: SmallAzure) -> Iterator[Caller]:
    yield Caller(served)
    served.api.limits = Limits()


def test_answers_in_the_shape_of_the_api(caller: Caller) -> None:
    answer = caller.ask("AppTraces | summarize n = count() by Message")

    columns = [{"name": "Message", "type": "string"}, {"name": "n", "type": "long"}]
    assert {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [["ws_closed", 10]]}]} == answer


@pytest.mark.parametrize(
    ("timespan", "rows"),
    [
        ("2025-02-25T09:00:00Z/2025-02-25T09:03:00Z", 4),
        ("2025-02-25T09:05:00.000Z/PT2M", 3),
        ("PT60.0S/2025-02-25T09:01:00", 2),
        ("PT1H", 0),
        (None, 10),
    ],
)
def test_limits_every_table_to_the_timespan(caller: Caller, timespan: str | None, rows: int) -> None:
    answer = caller.ask("AppTraces | count", timespan=timespan)

    assert [[rows]] == answer["tables"][0]["rows"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param([], id="no object"),
        pytest.param({"kql": "AppTraces"}, id="no query"),
        pytest.param({"query": "AppTraces", "timespan": "an hour"}, id="no timespan"),
        pytest.param({"query": "AppTraces", "workspaces": ["other"]}, id="another workspace"),
    ],
)
def test_refuses_a_request_that_is_none(caller: Caller, body: object) -> None:
    response = caller.post(body)

    assert (400, "BadArgumentError") == (response.status_code, response.json()["error"]["code"])


def test_nests_the_error_of_a_query_as_kusto_does(caller: Caller) -> None:
    error = caller.ask("AppTraces | where Hub == 'lobby'")["error"]

    assert ("BadArgumentError", "The request had some invalid properties") == (
        error["code"],
        error["message"],
    )
    message = "'where' operator: Failed to resolve column or scalar expression named 'Hub'"
    inner = {"code": "SEM0100", "message": message}
    assert {"code": "SemanticError", "message": "A semantic error occurred.", "innererror": inner} == error[
        "innererror"
    ]


@pytest.mark.parametrize("token", ["", "forged"])
def test_refuses_a_token_that_it_did_not_give_out(caller: Caller, token: str) -> None:
    assert 401 == caller.post({"query": "AppTraces"}, token=token).status_code


def test_refuses_a_token_for_another_service(caller: Caller) -> None:
    token, _ = caller.azure.identity.issue("https://management.azure.com")

    assert 401 == caller.post({"query": "AppTraces"}, token=token).status_code


def test_accepts_a_token_for_the_public_audience(caller: Caller) -> None:
    token, _ = caller.azure.identity.issue("https://api.loganalytics.io/")

    assert 200 == caller.post({"query": "AppTraces"}, token=token).status_code


def test_refuses_a_token_that_has_expired(caller: Caller) -> None:
    caller.azure.identity.lifetime = timedelta(seconds=-1)
    expired, _ = caller.azure.identity.issue(caller.azure.environment["LOGS_ENDPOINT"])
    caller.azure.identity.lifetime = timedelta(hours=24)

    assert 401 == caller.post({"query": "AppTraces"}, token=expired).status_code


def test_does_not_know_another_workspace(caller: Caller) -> None:
    token, _ = caller.azure.identity.issue(caller.azure.environment["LOGS_ENDPOINT"])

    response = requests.post(
        caller.azure.environment["LOGS_ENDPOINT"] + "/v1/workspaces/another/query",
        json={"query": "AppTraces"},
        headers={"Authorization": f"Bearer {token}"},
        verify=caller.azure.environment["REQUESTS_CA_BUNDLE"],
        timeout=10,
    )

    assert 404 == response.status_code


def test_cuts_at_the_limit_of_rows_and_says_so(caller: Caller) -> None:
    caller.azure.api.limits = Limits(rows=3)

    answer = caller.ask("AppTraces | project Message")

    assert [["ws_closed"]] * 3 == answer["tables"][0]["rows"]
    assert "exceed the set limit of 3 records" in answer["error"]["details"][0]["innererror"]["message"]


def test_cuts_at_the_limit_of_bytes_and_says_so(caller: Caller) -> None:
    caller.azure.api.limits = Limits(bytes=30)

    answer = caller.ask("AppTraces | project Message")

    assert [["ws_closed"]] * 2 == answer["tables"][0]["rows"]
    assert "exceed the set limit of 30 bytes" in answer["error"]["details"][0]["innererror"]["message"]


def test_a_result_of_exactly_the_limit_is_whole(caller: Caller) -> None:
    caller.azure.api.limits = Limits(rows=10)

    assert "error" not in caller.ask("AppTraces")


def test_gives_up_a_slow_query_after_the_time_the_caller_waits(caller: Caller) -> None:

    response = caller.post({"query": SLOW}, Prefer="wait=0.3,include-statistics=true")

    assert (504, "GatewayTimeout") == (response.status_code, response.json()["error"]["code"])


def test_interrupts_what_it_has_given_up(caller: Caller) -> None:
    """Six queries that were not interrupted would hold all five threads."""
    for _ in range(6):
        caller.post({"query": SLOW}, Prefer="wait=0.05")

    assert 200 == caller.post({"query": "AppTraces | count"}, Prefer="wait=5").status_code


def test_lets_a_delay_run_into_the_time_that_the_caller_waits(caller: Caller) -> None:
    caller.azure.faults.delay(timedelta(seconds=60))

    assert 504 == caller.post({"query": "AppTraces"}, Prefer="wait=0.05").status_code


def test_answers_429_with_the_seconds_to_wait(caller: Caller) -> None:
    caller.azure.faults.throttle(retry_after=17)

    response = caller.post({"query": "AppTraces"})

    assert (429, "17") == (response.status_code, response.headers["Retry-After"])


def test_answers_204_without_a_body(caller: Caller) -> None:
    caller.azure.faults.send_nothing()

    response = caller.post({"query": "AppTraces"})

    assert (204, b"") == (response.status_code, response.content)


def test_a_fault_waits_for_the_query_it_is_meant_for(caller: Caller) -> None:
    caller.azure.faults.time_out(containing="UserId", times=2)

    queries = ["AppTraces | count", "AppTraces | where UserId == 'alice'"] * 3
    statuses = [caller.post({"query": query}).status_code for query in queries]

    assert [200, 504, 200, 504, 200, 200] == statuses


def test_a_403_says_that_access_is_missing(caller: Caller) -> None:
    caller.azure.faults.forbid()

    response = caller.post({"query": "AppTraces"})

    assert (403, "InsufficientAccessError") == (response.status_code, response.json()["error"]["code"])
