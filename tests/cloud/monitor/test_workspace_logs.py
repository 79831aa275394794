from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.bodies import Limits
from local.workspace.database import Workspace
from shared.app.runtime import Runtime
from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.settings import Settings

MINUTE = timedelta(minutes=1)
THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def azure() -> Iterator[SmallAzure]:
    workspace = Workspace()
    rows = [{"TimeGenerated": THREE + n * MINUTE, "ConnectionId": f"c{n}"} for n in range(3)]
    workspace.load({"WebPubSubConnectivity": rows})
    with small_azure(workspace) as running:
        yield running


def logs_of_the_app() -> Logs:
    settings = Settings.from_environment()
    return Runtime(settings).logs_over([settings.require_workspace()])


@pytest.fixture
def logs(azure: SmallAzure, monkeypatch: pytest.MonkeyPatch) -> Logs:
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    return logs_of_the_app()


def failure_of(logs: Logs, text: str, within: timedelta = MINUTE) -> QueryError:
    with pytest.raises(QueryError) as caught:
        logs.query(text, within)
    return caught.value


def test_reads_rows_with_the_apps_own_identity(logs: Logs) -> None:
    answer = logs.query(
        "WebPubSubConnectivity | project TimeGenerated, ConnectionId | top 1 by TimeGenerated asc", MINUTE
    )

    assert answer == LogAnswer(({"TimeGenerated": THREE, "ConnectionId": "c0"},))


def test_reads_numbers_truth_and_infinity_as_such(logs: Logs) -> None:
    answer = logs.query("print Share = 0.5, Count = 3, Here = true, Huge = real(+inf)", MINUTE)

    assert answer.rows[0] == {"Share": 0.5, "Count": 3, "Here": True, "Huge": float("inf")}


def test_names_the_table_that_the_workspace_never_received(logs: Logs) -> None:
    error = failure_of(logs, "WebPubSubMessaging | count")

    assert (Failure.MISSING_TABLE, "WebPubSubMessaging") == (error.failure, error.table)


def test_an_unknown_column_is_our_fault_and_no_missing_table(logs: Logs) -> None:
    error = failure_of(logs, "WebPubSubConnectivity | where Hub == 'lobby'")

    assert (Failure.REFUSED, None) == (error.failure, error.table)
    assert "Hub" in error.message


def test_a_table_that_nobody_knows_is_our_fault(logs: Logs) -> None:
    assert failure_of(logs, "ACSCallDiagnosticsEvents | count").failure is Failure.REFUSED


def test_waits_as_long_as_the_service_asks_when_throttled(azure: SmallAzure, logs: Logs) -> None:
    azure.faults.throttle(times=1, retry_after=0.1, containing="after the throttle")

    assert logs.query("print 'after the throttle'", MINUTE).rows


def test_gives_up_at_once_when_the_wait_would_outlast_its_time(azure: SmallAzure, logs: Logs) -> None:
    azure.faults.throttle(times=1, retry_after=3600, containing="throttled for an hour")

    assert failure_of(logs, "print 'throttled for an hour'").failure is Failure.THROTTLED


def test_a_timeout_of_the_service_is_out_of_time(azure: SmallAzure, logs: Logs) -> None:
    azure.faults.time_out(times=9, containing="a slow one")

    error = failure_of(logs, "print 'a slow one'", timedelta(seconds=1))

    assert (Failure.OUT_OF_TIME, False) == (error.failure, error.permanent)
    azure.faults._planned.clear()


def test_an_empty_204_is_no_rows(azure: SmallAzure, logs: Logs) -> None:
    azure.faults.send_nothing(containing="an empty one")

    assert logs.query("print 'an empty one'", MINUTE) == LogAnswer(())


def test_a_missing_role_is_said(azure: SmallAzure, logs: Logs) -> None:
    azure.faults.forbid(containing="forbidden")

    error = failure_of(logs, "print 'forbidden'")

    assert (Failure.PERMISSION, True) == (error.failure, error.permanent)


def test_a_workspace_that_cannot_be_reached_is_said(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGS_ENDPOINT", "https://127.0.0.1:9")

    unreachable = logs_of_the_app()

    assert failure_of(unreachable, "print 1", timedelta(seconds=1)).failure is Failure.UNREACHABLE


def test_says_that_only_a_part_was_read(
    azure: SmallAzure, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure.api, "limits", Limits(rows=5))

    answer = logs.query("range n from 1 to 6 step 1", MINUTE)

    assert answer.partial is not None
    assert len(answer.rows) == 5
