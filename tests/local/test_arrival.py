from datetime import UTC, datetime, timedelta

import pytest

from local.workspace.arrival import with_arrival
from local.workspace.database import LogRow

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def refusals(count: int) -> list[LogRow]:
    return [
        {"TimeGenerated": NINE, "ConnectionId": f"c{number}", "Message": "401"} for number in range(count)
    ]


def waits(table: str, rows: list[LogRow]) -> list[timedelta]:
    arrived = [row["_IngestionTime"] for row in with_arrival({table: rows})[table]]
    return [moment - NINE for moment in arrived if isinstance(moment, datetime)]


@pytest.mark.parametrize(
    ("table", "least", "most"),
    [
        pytest.param("WebPubSubConnectivity", 3, 10, id="resource logs"),
        pytest.param("ACSChatIncomingOperations", 3, 10, id="operations of ACS"),
        pytest.param("ACSCallAutomationIncomingOperations", 3, 10, id="operations of Call Automation"),
        pytest.param("AppServiceHTTPLogs", 3, 10, id="resource logs of App Service"),
        pytest.param("ACSCallSummaryUpdates", 40, 60, id="what is written when a call is over"),
        pytest.param("AppTraces", 1, 2, id="telemetry of applications"),
        pytest.param("AzureActivity", 3, 20, id="the activity log"),
    ],
)
def test_spreads_the_rows_over_the_delay_of_their_table(table: str, least: int, most: int) -> None:
    delays = waits(table, refusals(200))

    assert 200 == len(delays)
    assert all(timedelta(minutes=least) <= wait <= timedelta(minutes=most) for wait in delays)
    spread = timedelta(minutes=most) - timedelta(minutes=least)
    assert max(delays) - min(delays) > 0.9 * spread


def test_the_same_rows_arrive_at_the_same_times_again() -> None:
    assert waits("WebPubSubConnectivity", refusals(50)) == waits("WebPubSubConnectivity", refusals(50))


def test_rows_that_are_equal_do_not_arrive_all_at_once() -> None:
    twins: list[LogRow] = [{"TimeGenerated": NINE, "Message": "401"}] * 20

    assert 20 == len(set(waits("WebPubSubConnectivity", twins)))


def test_leaves_a_rows_own_time_and_a_row_without_a_time() -> None:
    late: LogRow = {"TimeGenerated": NINE, "_IngestionTime": NINE + timedelta(hours=2)}
    timeless: LogRow = {"Message": "401"}

    assert {"AppTraces": [late, timeless]} == with_arrival({"AppTraces": [late, timeless]})


def test_a_row_at_the_end_of_time_arrives_then() -> None:
    last: LogRow = {"TimeGenerated": datetime.max.replace(tzinfo=UTC)}

    assert last["TimeGenerated"] == with_arrival({"AppTraces": [last]})["AppTraces"][0]["_IngestionTime"]
