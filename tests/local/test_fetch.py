import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.__main__ import main
from local.azure.small_azure import SmallAzure, small_azure
from local.exports import read_folder
from local.workspace.bodies import Limits
from local.workspace.database import Workspace

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
NIGHT = ["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"]
DAY_BEFORE = THREE - timedelta(hours=20)


def row(at: datetime, connection: str, resource: str = LOBBY) -> dict[str, object]:
    return {
        "TimeGenerated": at,
        "OperationName": "ConnectionStarted",
        "ConnectionId": connection,
        "_ResourceId": resource,
    }


NIGHT_ROWS = [row(THREE + timedelta(seconds=second), f"c-{second}") for second in range(600)]
EARLIER, FOREIGN = row(DAY_BEFORE, "yesterday"), row(THREE, "foreign", f"{LOBBY}2")
LATER = row(THREE + timedelta(hours=1), "later")


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAzure]:
    workspace = Workspace()
    workspace.load(
        {
            "WebPubSubConnectivity": [*NIGHT_ROWS, EARLIER, FOREIGN, LATER],
            "WebPubSubMessaging": [],
            "AppRequests": [{"TimeGenerated": THREE, "Name": "events", "Properties": '{"code":1006}'}],
        }
    )
    with small_azure(workspace) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        yield azure


def fetch(folder: Path, *more: str) -> int:
    workspace = os.environ["LOGS_WORKSPACE"]
    return main(["fetch", LOBBY, "--workspace", workspace, *NIGHT, "--out", str(folder), *more])


def record_of(folder: Path) -> dict[str, dict[str, dict[str, object]]]:
    record = json.loads((folder / "fetch.json").read_text(encoding="utf-8"))
    assert isinstance(record, dict)
    return record


def connections(folder: Path) -> list[object]:
    return [row["ConnectionId"] for row in read_folder(folder).tables["WebPubSubConnectivity"]]


@pytest.mark.usefixtures("azure")
def test_brings_the_rows_of_the_resource_from_a_day_before_on(tmp_path: Path) -> None:
    assert 0 == fetch(tmp_path)

    assert ["yesterday", *(f"c-{second}" for second in range(600))] == connections(tmp_path)


@pytest.mark.usefixtures("azure")
def test_writes_beside_them_what_was_asked_and_what_came(tmp_path: Path) -> None:
    fetch(tmp_path)

    record = record_of(tmp_path)
    assert (LOBBY, "2026-11-20T03:00:00Z", "2026-11-20T04:00:00Z") == (
        record["resource"],
        record["from"],
        record["to"],
    )
    assert {
        "rows": 601,
        "first": "2026-11-19T07:00:00Z",
        "last": "2026-11-20T03:09:59Z",
        "parts": 1,
        "complete": True,
    } == record["tables"]["WebPubSubConnectivity"]
    assert 0 == record["tables"]["WebPubSubMessaging"]["rows"]
    assert "WebPubSubHttpRequest" in record["missing"]


@pytest.mark.usefixtures("azure")
def test_a_table_without_rows_is_there_and_one_that_was_never_received_is_not(tmp_path: Path) -> None:
    fetch(tmp_path)

    tables = read_folder(tmp_path).tables
    assert [] == tables["WebPubSubMessaging"]
    assert "WebPubSubHttpRequest" not in tables
    assert '{"code":1006}' == tables["AppRequests"][0]["Properties"]


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(Limits(rows=100), id="by rows"),
        pytest.param(Limits(bytes=4_000), id="by bytes"),
        pytest.param(Limits(rows=1), id="row by row", marks=pytest.mark.thorough),
    ],
)
def test_splits_a_window_where_an_answer_meets_a_limit(
    azure: SmallAzure, tmp_path: Path, limits: Limits
) -> None:
    azure.workspace.load({"WebPubSubMessaging": [row(THREE, "m-1")]})
    few = [row(THREE + timedelta(minutes=50, seconds=second), f"m-{second}") for second in (2, 3, 4)]
    azure.workspace.load({"WebPubSubMessaging": few})
    azure.api.limits = limits if limits.rows == 1 else Limits(rows=max(limits.rows, 1), bytes=limits.bytes)

    status = fetch(tmp_path)

    messages = [row["ConnectionId"] for row in read_folder(tmp_path).tables["WebPubSubMessaging"]]
    assert (0, ["m-1", "m-2", "m-3", "m-4"]) == (status, messages)
    assert 601 == len(connections(tmp_path))


def test_says_so_where_even_one_moment_holds_more_than_a_limit(azure: SmallAzure, tmp_path: Path) -> None:
    azure.workspace.load({"WebPubSubMessaging": [row(THREE, f"m-{number}") for number in range(6)]})
    azure.api.limits = Limits(rows=5)

    assert 1 == fetch(tmp_path)

    assert not record_of(tmp_path)["tables"]["WebPubSubMessaging"]["complete"]
    assert ("WebPubSubMessaging.ndjson", "only a part of its rows could be fetched") in read_folder(
        tmp_path
    ).unread


def test_a_table_that_is_forbidden_does_not_stop_the_others(azure: SmallAzure, tmp_path: Path) -> None:
    azure.faults.forbid(times=9, containing="WebPubSubMessaging\n")

    assert 1 == fetch(tmp_path)

    assert "missing permission" in str(record_of(tmp_path)["failed"]["WebPubSubMessaging"])
    assert 601 == len(connections(tmp_path))
    assert ["WebPubSubMessaging"] == [file for file, _ in read_folder(tmp_path).unread]


@pytest.mark.usefixtures("azure")
def test_ends_with_the_command_that_reads_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(tmp_path / "night")

    last = capsys.readouterr().out.splitlines()[-1]
    assert f"Next: linekeeper diagnose --logs {tmp_path / 'night'} --resource {LOBBY}" in last


@pytest.mark.usefixtures("azure")
def test_does_not_write_into_a_folder_that_holds_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "AppTraces.ndjson").write_text("", encoding="utf-8")

    assert 2 == fetch(tmp_path)
    assert "there is something in it" in capsys.readouterr().err


@pytest.mark.usefixtures("azure")
def test_says_on_standard_error_how_far_it_has_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(tmp_path / "quiet")
    assert "tables" not in capsys.readouterr().err
    fetch(tmp_path / "told", "--progress")

    lines = capsys.readouterr().err.splitlines()
    done, _, every = lines[-1].split(" tables")[0].partition(" of ")
    assert done == every
    assert lines[0].startswith(("0 of ", "1 of "))
