"""One night, exported in every form that people bring, is the same rows."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from local.exports import read_folder

TRIALS = Path(__file__).parents[1] / "trials"
CATEGORIES = {"WebPubSubConnectivity": "connectivitylogs", "WebPubSubHttpRequest": "httprequestlogs"}
COLUMNS = (
    "TimeGenerated",
    "OperationName",
    "Message",
    "ConnectionId",
    "StatusCode",
    "Url",
    "CallerIpAddress",
)

Row = Mapping[str, object]
Night = Mapping[str, list[Row]]
Write = Callable[[Path, Night], None]


def records() -> dict[str, list[dict[str, object]]]:
    """Return the night's records as the storage account has them, by their category."""
    files = (TRIALS / "22b-storage-archive-flat" / "export").glob("*.json")
    by_file = {file.name: file.read_text(encoding="utf-8").splitlines() for file in files}
    return {
        name.partition("-")[0].lower(): [json.loads(line) for line in lines]
        for name, lines in by_file.items()
    }


def night() -> Night:
    return read_folder(TRIALS / "22b-storage-archive-flat" / "export").tables


def compared(tables: Night) -> dict[str, list[tuple[str, ...]]]:
    """Return what the forms have in common of each row; an empty cell is none."""
    return {
        table: sorted(tuple(str(row.get(column) or "") for column in COLUMNS) for row in rows)
        for table, rows in tables.items()
    }


def blobs(rewrite: Callable[[dict[str, object]], dict[str, object]]) -> Write:
    def write(folder: Path, _: Night) -> None:
        for category, rows in records().items():
            below = (
                folder
                / f"insights-logs-{category}/resourceId=/SUBSCRIPTIONS/0B7E/LOBBY/y=2026/m=11/d=24/h=09/m=00"
            )
            below.mkdir(parents=True)
            lines = "".join(json.dumps(rewrite(record)) + "\r\n" for record in rows)
            (below / "PT1H.json").write_text(lines, encoding="utf-8")

    return write


def flat(record: dict[str, object]) -> dict[str, object]:
    properties = record["properties"]
    assert isinstance(properties, dict)
    return {**{name: cell for name, cell in record.items() if name != "properties"}, **properties}


def data_export(folder: Path, tables: Night) -> None:
    for table, rows in tables.items():
        below = (
            folder / f"am-{table.lower()}/WorkspaceResourceId=/subscriptions/0b7e/y=2026/m=11/d=24/h=09/m=00"
        )
        below.mkdir(parents=True)
        lines = "".join(json.dumps({**row, "Type": table}, default=datetime.isoformat) + "\n" for row in rows)
        (below / "PT05M.json").write_text(lines, encoding="utf-8")


def portal(
    time: str, *, header: str = "TimeGenerated [UTC]", delimiter: str = ",", encoding: str = "utf-8-sig"
) -> Write:
    def write(folder: Path, tables: Night) -> None:
        for table, rows in tables.items():
            text = table_of_text(rows, time, header, delimiter)
            (folder / f"{table}.csv").write_bytes(text.encode(encoding))

    return write


def table_of_text(rows: list[Row], time: str, header: str, delimiter: str) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    others = [column for column in COLUMNS if column != "TimeGenerated"]
    writer.writerow([header, *others])
    for row in rows:
        writer.writerow([written(row["TimeGenerated"], time), *(row.get(column) or "" for column in others)])
    return file.getvalue()


def written(at: object, form: str) -> str:
    """Write a time; `{h}` is the hour of the half day, `{ms}` its milliseconds."""
    assert isinstance(at, datetime)
    return form.format(at=at, h=at.hour % 12 or 12, ms=f"{at.microsecond // 1000:03}")


def grafana_by_type(folder: Path, tables: Night) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["Time", "Type", *COLUMNS[1:]])
    for table, rows in tables.items():
        for row in rows:
            at = row["TimeGenerated"]
            assert isinstance(at, datetime)
            writer.writerow(
                [at.isoformat(" ", "milliseconds")[:23], table, *(row.get(name) for name in COLUMNS[1:])]
            )
    (folder / "Lobby-data-2026-11-24 10_00_00.csv").write_text(f"sep=,\n{file.getvalue()}", encoding="utf-8")


def grafana_by_name(folder: Path, tables: Night) -> None:
    for table, rows in tables.items():
        text = table_of_text(rows, "{at:%Y-%m-%d %H:%M:%S}.{ms}", "TimeGenerated", ",")
        name = f"{table}-data-as-joinbyfield-2026-11-24 10_00_00.csv"
        (folder / name).write_text(text, encoding="utf-8")


def packed_with_gzip(folder: Path, _: Night) -> None:
    for category, rows in records().items():
        lines = "".join(json.dumps(record) + "\n" for record in rows)
        (folder / f"{category}-PT1H.json.gz").write_bytes(gzip.compress(lines.encode()))


def packed_with_zip(folder: Path, tables: Night) -> None:
    with zipfile.ZipFile(folder / "night.zip", "w") as archive:
        for table, rows in tables.items():
            archive.writestr(
                f"night/{table}.csv",
                table_of_text(rows, "{at:%d.%m.%Y %H:%M:%S},{ms}", "TimeGenerated [UTC]", ";"),
            )


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(blobs(lambda record: record), id="blobs"),
        pytest.param(
            blobs(lambda record: {**record, "properties": json.dumps(record["properties"])}),
            id="blobs whose properties are a text",
        ),
        pytest.param(blobs(flat), id="flat blobs"),
        pytest.param(data_export, id="the export of a workspace"),
        pytest.param(packed_with_gzip, id="blobs in gzip"),
        pytest.param(packed_with_zip, id="a German zip"),
        pytest.param(grafana_by_type, id="Grafana with a type"),
        pytest.param(grafana_by_name, id="Grafana with a table in its name"),
        pytest.param(portal("{at:%d.%m.%Y %H:%M:%S},{ms}", delimiter=";"), id="German with semicolons"),
        pytest.param(portal("{at:%d.%m.%Y, %H:%M:%S}.{ms}"), id="German in a browser"),
        pytest.param(
            portal("{at:%d/%m/%Y %H:%M:%S},{ms}", header="TimeGenerated [Temps universel coordonné]"),
            id="French",
        ),
        pytest.param(portal("{at:%d/%m/%Y}, {h}:{at:%M:%S}.{ms} am"), id="Australian"),
        pytest.param(
            portal("{at:%Y/%m/%d} 午前{h}:{at:%M:%S}.{ms}", header="生成日時 [UTC]"),
            id="Japanese with half days",
        ),
        pytest.param(portal("{at:%Y. %m. %d.} 오전 {h}:{at:%M:%S}.{ms}"), id="Korean"),
        pytest.param(portal("{at:%m/%d/%Y}, {h}:{at:%M:%S}.{ms} AM"), id="American"),
        pytest.param(
            portal("{at:%m/%d/%Y}, {h}:{at:%M:%S}.{ms}\u202fAM", delimiter="\t", encoding="utf-16"),
            id="UTF-16 with tabs",
        ),
    ],
)
def test_reads_the_same_rows_from_every_form(write: Write, tmp_path: Path) -> None:
    tables = night()
    assert set(CATEGORIES) == set(tables)
    assert {9} == {row["TimeGenerated"].hour for rows in tables.values() for row in rows}

    write(tmp_path, tables)

    export = read_folder(tmp_path)
    assert [] == export.unread
    assert compared(tables) == compared(export.tables)


def test_the_japanese_trial_holds_such_a_night() -> None:
    tables = read_folder(TRIALS / "21-portal-csv-japanese" / "export").tables

    assert all(isinstance(row["TimeGenerated"], datetime) for rows in tables.values() for row in rows)
    assert set(CATEGORIES) == set(tables)
