"""Exports in the forms that people bring: archives, blobs of a storage account, Grafana, other languages."""

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from export_files import write

from local.exports import read_folder
from local.exports.local_times import DateOrder
from shared.errors import InputError

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
CALLS = (
    "/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/CHAT/PROVIDERS/MICROSOFT.COMMUNICATION/COMMUNICATIONSERVICES/CALLS"
)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
BLOB = (
    "insights-logs-connectivitylogs/resourceId=/SUBSCRIPTIONS/0A1B/LOBBY/y=2026/m=11/d=24/h=09/m=00/PT1H.json"
)
ENVELOPE = {
    "time": "2026-11-24T09:00:00Z",
    "resourceId": LOBBY.upper(),
    "location": "westeurope",
    "operationName": "ConnectionAborted",
    "category": "ConnectivityLogs",
    "level": "Warning",
    "callerIpAddress": "203.0.113.9",
}
PROPERTIES = {"message": "Connection aborted", "connectionId": "c-1", "userId": "alice", "type": "ASRS"}
ABORTED = {
    "TimeGenerated": NINE,
    "_ResourceId": LOBBY,
    "Location": "westeurope",
    "OperationName": "ConnectionAborted",
    "Level": "Warning",
    "CallerIpAddress": "203.0.113.9",
    "Message": "Connection aborted",
    "ConnectionId": "c-1",
    "UserId": "alice",
}
RECORD = json.dumps({**ENVELOPE, "properties": PROPERTIES}) + "\n"


def without_nulls(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RECORD, id="properties as an object"),
        pytest.param(
            json.dumps({**ENVELOPE, "properties": json.dumps(PROPERTIES)}), id="properties as a text"
        ),
        pytest.param(
            json.dumps({**ENVELOPE, "properties": str(PROPERTIES)}), id="properties in single quotes"
        ),
        pytest.param(json.dumps({**ENVELOPE, **PROPERTIES}), id="flat"),
        pytest.param(
            json.dumps({**ENVELOPE, **{f"properties.{name}": value for name, value in PROPERTIES.items()}}),
            id="flat, with the path in the names",
        ),
        pytest.param(json.dumps({"records": [json.loads(RECORD)]}), id="a list of records"),
        pytest.param(json.dumps([json.loads(RECORD)], indent=1), id="an array"),
    ],
)
@pytest.mark.parametrize(
    "name", [BLOB, "ConnectivityLogs-PT1H.json", "PT1H.json", "WebPubSubConnectivity.json"]
)
def test_reads_a_record_of_a_storage_account(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)

    (row,) = read_folder(tmp_path).tables["WebPubSubConnectivity"]

    assert ABORTED == without_nulls(row)


def test_takes_the_category_from_the_container_when_the_record_has_none(tmp_path: Path) -> None:
    record = {name: value for name, value in json.loads(RECORD).items() if name != "category"}
    write(tmp_path, BLOB, json.dumps(record))

    assert ["WebPubSubConnectivity"] == list(read_folder(tmp_path).tables)


def test_reads_every_hour_below_a_container(tmp_path: Path) -> None:
    for hour in ("08", "09", "10"):
        write(tmp_path, BLOB.replace("h=09", f"h={hour}"), RECORD)

    assert 3 == len(read_folder(tmp_path).tables["WebPubSubConnectivity"])


@pytest.mark.parametrize(
    ("category", "table"),
    [
        ("MessagingLogs", "WebPubSubMessaging"),
        ("HttpRequestLogs", "WebPubSubHttpRequest"),
        ("CallSummary", "ACSCallSummary"),
        ("CallSummaryUpdates", "ACSCallSummaryUpdates"),
        ("ChatOperational", "ACSChatIncomingOperations"),
        ("AuthOperational", "ACSAuthIncomingOperations"),
        ("CallAutomationOperational", "ACSCallAutomationIncomingOperations"),
        ("AppTraces", "AppTraces"),
        ("Administrative", "AzureActivity"),
    ],
)
def test_knows_the_table_of_a_category(tmp_path: Path, category: str, table: str) -> None:
    write(tmp_path, "PT1H.json", json.dumps({**ENVELOPE, "category": category}))

    assert [table] == list(read_folder(tmp_path).tables)


def test_reads_a_request_with_its_duration(tmp_path: Path) -> None:
    inner = {
        "httpMethod": "GET",
        "url": "/client/hubs/lobby",
        "statusCode": "401",
        "duration": 9,
        "traceId": "t1",
    }
    write(tmp_path, "PT1H.json", json.dumps({**ENVELOPE, "category": "HttpRequestLogs", "properties": inner}))

    (row,) = read_folder(tmp_path).tables["WebPubSubHttpRequest"]

    assert ("401", "9", "t1") == (row["StatusCode"], row["DurationMs"], row["TraceId"])


def test_reads_a_leg_of_a_call(tmp_path: Path) -> None:
    inner = {
        "participantEndReason": "410",
        "participantEndSubCode": "3112",
        "participantDuration": 3,
        "identifier": "x",
    }
    record = {
        **ENVELOPE,
        "resourceId": CALLS,
        "category": "CallSummary",
        "correlationId": "call-7",
        "properties": inner,
    }
    write(tmp_path, "PT1H.json", json.dumps(record))

    (row,) = read_folder(tmp_path).tables["ACSCallSummary"]

    assert (CALLS.lower(), "call-7", "410", 3) == (
        row["_ResourceId"],
        row["CorrelationId"],
        row["ParticipantEndReason"],
        row["ParticipantDuration"],
    )


def test_reads_the_activity_log(tmp_path: Path) -> None:
    record = {
        "time": "2026-11-24T09:00:00Z",
        "resourceId": LOBBY.upper(),
        "operationName": "MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/REGENERATEKEY/ACTION",
        "category": "Action",
        "resultType": "Success",
        "correlationId": "c",
        "identity": {
            "claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "bob@contoso.com"}
        },
        "properties": {"statusCode": "OK"},
    }
    write(tmp_path, "insights-activity-logs/y=2026/PT1H.json", json.dumps(record))

    (row,) = read_folder(tmp_path).tables["AzureActivity"]

    assert ("Administrative", "Success", "bob@contoso.com", '{"statusCode":"OK"}') == (
        row["CategoryValue"],
        row["ActivityStatusValue"],
        row["Caller"],
        row["Properties"],
    )
    assert "MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/REGENERATEKEY/ACTION" == row["OperationNameValue"]


def test_reads_the_export_of_a_workspace(tmp_path: Path) -> None:
    folder = "am-webpubsubconnectivity/WorkspaceResourceId=/subscriptions/0a1b/workspaces/logs/y=2026/m=11/d=24/h=09/m=00"
    write(
        tmp_path,
        f"{folder}/PT05M.json",
        '{"TimeGenerated":"2026-11-24T09:00:00Z","Message":"Connection started"}\n',
    )

    (row,) = read_folder(tmp_path).tables["WebPubSubConnectivity"]

    assert {"TimeGenerated": NINE, "Message": "Connection started"} == row


def test_reads_the_export_of_a_workspace_from_inside_of_its_container(tmp_path: Path) -> None:
    folder = "am-webpubsubconnectivity/WorkspaceResourceId=/subscriptions/0a1b/workspaces/logs"
    write(tmp_path, f"{folder}/y=2026/PT05M.json", '{"Message":"Connection started"}\n')

    assert ["WebPubSubConnectivity"] == list(read_folder(tmp_path / folder).tables)


def test_reads_a_blob_without_records_as_an_empty_table(tmp_path: Path) -> None:
    write(tmp_path, BLOB, "")

    assert {"WebPubSubConnectivity": []} == read_folder(tmp_path).tables


def test_names_a_category_that_is_not_known(tmp_path: Path) -> None:
    write(tmp_path, BLOB, RECORD)
    write(tmp_path, "PT1H.json", json.dumps({**ENVELOPE, "category": "StorageRead"}))

    export = read_folder(tmp_path)

    assert [("PT1H.json", "category 'StorageRead' is not known; its records are ignored")] == export.unread


def test_reads_a_blob_that_is_still_written_but_for_its_last_line(tmp_path: Path) -> None:
    write(tmp_path, BLOB, RECORD + RECORD[:60])

    export = read_folder(tmp_path)

    assert 1 == len(export.tables["WebPubSubConnectivity"])
    assert [(f"{BLOB}:2", "the last line is cut off")] == export.unread


def test_reads_what_gzip_packed(tmp_path: Path) -> None:
    (tmp_path / "AppTraces.csv.gz").write_bytes(gzip.compress(b"Message\nws_closed\n"))

    assert {"AppTraces": [{"Message": "ws_closed"}]} == read_folder(tmp_path).tables


@pytest.mark.parametrize("member", ["AppTraces.csv", "night/AppTraces.csv", "night/tables/AppTraces.csv"])
@pytest.mark.parametrize("alone", [True, False], ids=["named itself", "in a folder"])
def test_reads_what_zip_packed(tmp_path: Path, member: str, alone: bool) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, "Message\nws_closed\n")
        archive.writestr("__MACOSX/._AppTraces.csv", "not a table")
        archive.writestr("README.md", "how it was made")
    (tmp_path / "night.zip").write_bytes(packed.getvalue())

    export = read_folder(tmp_path / "night.zip" if alone else tmp_path)

    assert ({"AppTraces": [{"Message": "ws_closed"}]}, []) == (export.tables, export.unread)


def test_names_an_archive_that_is_broken(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.ndjson", '{"Message":"ws_closed"}\n')
    (tmp_path / "AppRequests.ndjson.gz").write_bytes(gzip.compress(b"{}")[:-4])

    ((file, why),) = read_folder(tmp_path).unread

    assert "AppRequests.ndjson.gz" == file
    assert "cannot be opened" in why


def test_names_a_form_that_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.ndjson", '{"Message":"ws_closed"}\n')
    write(tmp_path, "WebPubSubConnectivity.xlsx", "PK")

    ((file, why),) = read_folder(tmp_path).unread

    assert "WebPubSubConnectivity.xlsx" == file
    assert ".xlsx is not read; expected CSV" in why


@pytest.mark.parametrize(
    "name",
    [
        "WebPubSubConnectivity-data-2026-11-24 10_00_00.csv",
        "Lobby WebPubSubConnectivity-data-as-joinbyfield-2026-11-24 10_00_00.csv",
        "lobby_webpubsubconnectivity.csv",
    ],
)
def test_reads_a_panel_of_grafana_that_names_its_table(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, '"TimeGenerated","Message"\n2026-11-24 09:00:00.000,Connection started\n')

    (row,) = read_folder(tmp_path).tables["WebPubSubConnectivity"]

    assert {"TimeGenerated": NINE, "Message": "Connection started"} == row


def test_reads_a_panel_of_grafana_by_the_type_of_its_rows(tmp_path: Path) -> None:
    rows = 'sep=,\n"Time","Type","Message"\n1795510800000,WebPubSubConnectivity,one\n1795510800000,AppTraces,two\n'
    write(tmp_path, "Explore-logs-2026-11-24.csv", rows)

    tables = read_folder(tmp_path).tables

    assert ["AppTraces", "WebPubSubConnectivity"] == sorted(tables)
    assert NINE == tables["AppTraces"][0]["TimeGenerated"]


def test_does_not_choose_between_two_tables_in_a_name(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces AppRequests-data.csv", "Message\nws_closed\n")

    with pytest.raises(InputError, match="no column Type names another"):
        read_folder(tmp_path)


def test_reads_a_german_spreadsheet(tmp_path: Path) -> None:
    text = "TimeGenerated [UTC];PacketLossRateAvg;TPE;CodecName\r\n24.11.2026 09:00:00,000;0,25;WAHR;opus\r\n"
    write(tmp_path, "ACSCallDiagnostics.csv", text, "utf-8-sig")

    (row,) = read_folder(tmp_path).tables["ACSCallDiagnostics"]

    assert {"TimeGenerated": NINE, "PacketLossRateAvg": 0.25, "TPE": True, "CodecName": "opus"} == row


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_reads_utf_16_without_its_mark(tmp_path: Path, encoding: str) -> None:
    write(tmp_path, "AppTraces.csv", "Message\tTimeGenerated [UTC]\nログ\t2026/11/24 9:00:00\n", encoding)

    assert [{"Message": "ログ", "TimeGenerated": NINE}] == read_folder(tmp_path).tables["AppTraces"]


def test_tells_the_order_of_dates_by_the_rows_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.csv", "TimeGenerated [UTC]\n05/11/2026 09:00:00\n24/11/2026 09:00:00\n")

    rows = read_folder(tmp_path).tables["AppTraces"]

    assert [datetime(2026, 11, 5, 9, tzinfo=UTC), NINE] == [row["TimeGenerated"] for row in rows]


def test_refuses_dates_that_can_be_read_in_two_ways_unless_told(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.csv", "TimeGenerated [UTC]\n05/11/2026 09:00:00\n")

    with pytest.raises(InputError, match="--date-order dmy"):
        read_folder(tmp_path)
    (row,) = read_folder(tmp_path, DateOrder.DMY).tables["AppTraces"]
    assert datetime(2026, 11, 5, 9, tzinfo=UTC) == row["TimeGenerated"]


def test_refuses_a_file_that_mixes_both_orders(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.csv", "TimeGenerated [UTC]\n24/11/2026 09:00:00\n11/24/2026 09:00:00\n")

    with pytest.raises(InputError, match="day first in some rows"):
        read_folder(tmp_path)


def test_names_a_file_that_stands_beside_the_tables(tmp_path: Path) -> None:
    write(tmp_path, "tables/AppTraces.ndjson", '{"Message":"ws_closed"}\n')
    write(tmp_path, "older/WebPubSubConnectivity.csv", "Message\nstarted\n")
    write(tmp_path, "notes.json", "this is not JSON")

    assert ["notes.json", "older/WebPubSubConnectivity.csv"] == [
        file for file, _ in read_folder(tmp_path).unread
    ]


def test_a_file_of_another_kind_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.ndjson", '{"Message":"ws_closed"}\n')
    write(tmp_path, "notes.json", "this is not JSON")

    export = read_folder(tmp_path)

    assert (["AppTraces"], ["notes.json"]) == (list(export.tables), [file for file, _ in export.unread])
