from datetime import UTC, datetime
from pathlib import Path

import pytest
from export_files import write

from local.exports import read_folder
from shared.errors import InputError

LOBBY = '{"TimeGenerated":"2025-02-25T09:00:00Z","Message":"Connection started","UserId":"alice"}\n'


@pytest.mark.parametrize(
    "name",
    [
        "WebPubSubConnectivity.ndjson",
        "webpubsubconnectivity.JSONL",
        "tables/WEBPUBSUBCONNECTIVITY.json",
        "WebPubSubConnectivity (1).ndjson",
        "WebPubSubConnectivity-2.ndjson",
        "WebPubSubConnectivity_part3.ndjson",
    ],
)
def test_takes_the_table_from_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, LOBBY)

    assert ["WebPubSubConnectivity"] == list(read_folder(tmp_path).tables)


def test_takes_the_table_from_each_row_when_the_file_has_another_name(tmp_path: Path) -> None:
    write(
        tmp_path,
        "query_data.csv",
        "Type,Message\nWebPubSubConnectivity,Connection started\nAppTraces,ws_closed\n",
    )

    tables = read_folder(tmp_path).tables

    assert {"WebPubSubConnectivity": 1, "AppTraces": 1} == {name: len(rows) for name, rows in tables.items()}


def test_names_once_a_table_that_is_not_known(tmp_path: Path) -> None:
    write(tmp_path, "query_data.ndjson", '{"Type":"Heartbeat"}\n{"Type":"Heartbeat"}\n')
    write(tmp_path, "WebPubSubConnectivity.ndjson", LOBBY)

    export = read_folder(tmp_path)

    assert [("query_data.ndjson", "table 'Heartbeat' is not known; its rows are ignored")] == export.unread
    assert ["WebPubSubConnectivity"] == list(export.tables)


def test_warns_of_a_result_that_azure_cut_off(tmp_path: Path) -> None:
    table = '{"name":"PrimaryResult","columns":[{"name":"Message","type":"string"}],"rows":[["ws_closed"]]}'
    error = '{"message":"There were some errors","code":"PartialError","details":[]}'
    write(tmp_path, "AppTraces.json", f'{{"tables":[{table}],"error":{error}}}')

    export = read_folder(tmp_path)

    assert [{"Message": "ws_closed"}] == export.tables["AppTraces"]
    assert "AppTraces.json is a partial result" in export.warnings[0]


def test_adds_up_the_files_of_one_table(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.csv", "Message\nfirst\n")
    write(tmp_path, "AppTraces (1).csv", "Message\nsecond\n")

    rows = read_folder(tmp_path).tables["AppTraces"]

    assert ["first", "second"] == sorted(str(row["Message"]) for row in rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AppTraces.ndjson", ""),
        ("AppTraces.csv", ""),
        ("AppTraces.csv", "TimeGenerated [UTC],Message\n"),
        ("AppTraces.json", "[]"),
        ("AppTraces (1).json", "[]"),
    ],
)
def test_reads_a_file_without_rows_as_an_empty_table(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)

    assert {"AppTraces": []} == read_folder(tmp_path).tables


def test_ignores_what_is_no_table(tmp_path: Path) -> None:
    write(tmp_path, "tables/AppTraces.ndjson", '{"Message":"ws_closed"}\n')
    for other in ("README.md", "incident.json", "metrics.ndjson", "notes.json", "graph/resources.ndjson"):
        write(tmp_path, other, "this is not JSON")
    for other in ("tables/.AppTraces.ndjson.swp", "tables/~$AppTraces.csv", "arm/resources.json"):
        write(tmp_path, other, "this is not JSON")

    export = read_folder(tmp_path)

    assert (["AppTraces"], []) == (list(export.tables), export.warnings)


def test_ignores_columns_that_are_not_known_and_forgives_case(tmp_path: Path) -> None:
    write(tmp_path, "AppTraces.ndjson", '{"message":"ws_closed","Hub":"lobby"}\n')

    assert {"AppTraces": [{"Message": "ws_closed"}]} == read_folder(tmp_path).tables


def test_takes_a_rows_time_of_ingestion_only_from_the_row_itself(tmp_path: Path) -> None:
    write(
        tmp_path,
        "AppTraces.csv",
        "TimeGenerated,_IngestionTime\n2025-02-25T09:00:00Z,\n2025-02-25T09:00:00Z,2025-02-25T09:40:00Z\n",
    )

    rows = read_folder(tmp_path).tables["AppTraces"]

    assert [None, datetime(2025, 2, 25, 9, 40, tzinfo=UTC)] == [row.get("_IngestionTime") for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_reads_what_excel_and_powershell_write(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    write(tmp_path, "AppTraces.csv", f"{mark}TimeGenerated [UTC],Message\n2025-02-25,ログ\n", encoding)

    (row,) = read_folder(tmp_path).tables["AppTraces"]

    assert (datetime(2025, 2, 25, tzinfo=UTC), "ログ") == (row["TimeGenerated"], row["Message"])


def test_reads_one_file_alone(tmp_path: Path) -> None:
    file = write(tmp_path, "AppTraces.ndjson", '{"Message":"ws_closed"}\n')

    assert ["AppTraces"] == list(read_folder(file).tables)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        pytest.param(
            "AppTraces.ndjson", '{"ItemCount":1}\n{"ItemCount":"abc"}\n', ":2:ItemCount", id="a word"
        ),
        pytest.param("AppTraces.csv", "ItemCount\n1\nabc\n", ":3:ItemCount", id="a word in CSV"),
        pytest.param("AppTraces.json", '[\n{"TimeGenerated":"soon"}]', ":2:TimeGenerated", id="no time"),
        pytest.param("AppTraces.ndjson", '{"ItemCount":1}\n{"ItemCount":\n', ":2", id="malformed JSON"),
        pytest.param("AppTraces.ndjson", "[1]\n", ":1", id="a row that is not an object"),
        pytest.param(
            "mixed.ndjson", '{"Type":"AppTraces","ItemCount":[]}', ":1:ItemCount", id="by type of the row"
        ),
    ],
)
def test_says_file_line_and_column_of_what_does_not_fit(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    write(tmp_path, name, text)

    with pytest.raises(InputError) as refused:
        read_folder(tmp_path)

    assert name + where == refused.value.where


def test_says_the_line_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "AppTraces.csv").write_bytes(b"Message\ncaf\xe9\n")

    with pytest.raises(InputError) as refused:
        read_folder(tmp_path)

    assert "AppTraces.csv:2" == refused.value.where


@pytest.mark.parametrize("present", [[], ["README.md"], ["graph/AppTraces.ndjson"]])
def test_refuses_a_folder_without_any_table_file(tmp_path: Path, present: list[str]) -> None:
    for name in present:
        write(tmp_path, name, "{}")

    with pytest.raises(InputError, match="there is no table file"):
        read_folder(tmp_path)


BROKEN = '{"TimeGenerated": "2026-11-20T03:00:00Z", "StatusCode": "401"}\n{"TimeGenerated": "yesterday"}\n'


def test_a_file_that_holds_what_is_no_row_of_its_table_stops_only_itself(tmp_path: Path) -> None:
    (tmp_path / "WebPubSubConnectivity.ndjson").write_text('{"TimeGenerated": "2026-11-20T03:00:00Z"}\n')
    (tmp_path / "WebPubSubHttpRequest.ndjson").write_text(BROKEN)

    export = read_folder(tmp_path)

    assert ["WebPubSubConnectivity"] == list(export.tables)
    ((file, why),) = export.unread
    assert "WebPubSubHttpRequest.ndjson" == file
    assert "TimeGenerated: 'yesterday' does not fit; expected a time" in why


def test_a_broken_file_is_refused_where_another_holds_rows_of_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "WebPubSubHttpRequest.ndjson").write_text('{"TimeGenerated": "2026-11-20T03:00:00Z"}\n')
    (tmp_path / "WebPubSubHttpRequest-2.ndjson").write_text(BROKEN)

    with pytest.raises(InputError, match=r"WebPubSubHttpRequest-2\.ndjson:2.*'yesterday'"):
        read_folder(tmp_path)


def test_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        read_folder(tmp_path / "lobby")
