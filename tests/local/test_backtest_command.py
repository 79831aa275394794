"""`linekeeper backtest` on exported tables: what would have been opened, beside what is usual."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.__main__ import main
from local.azure.small_azure import small_azure
from local.backtest.recount import days_of
from local.commands.exit_codes import FAILED
from local.exports import read_folder
from local.rows.pubsub_log import CONNECTIVITY, LOBBY, NINE, REQUEST, PubSubLog
from local.workspace.database import Workspace
from shared.clock import iso
from shared.queries.scope import Window

END = "2026-11-22T09:00:00Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two days of connects; tokens expire for 20 minutes on the second one."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    log = PubSubLog().accepted(2880, -1440, 1440)
    log.refused(120, 401, 1200, 1220, message="The access token has expired.")
    for table in (CONNECTIVITY, REQUEST):
        lines = (json.dumps(row, default=_text) for row in log.rows[table])
        (tmp_path / f"{table}.ndjson").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def _text(value: object) -> str:
    assert isinstance(value, datetime)
    return iso(value)


def printed(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> str:
    arguments = ["backtest", "--logs", str(folder), "--resource", LOBBY, "--days", "2", *more]
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_says_what_would_have_been_opened_and_what_settings_change(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, folder, "--set", "refused-connects.enabled=false", "--set", "aborts.min_bad=30")

    assert "these objectives would have opened 1 incident." in text
    assert "2026-11-21 05:15 UTC" in text  # the bucket of 05:00 and ten minutes until its rows are there
    assert "web-pubsub-connection-failures" in text
    assert "2.0 of 14 days: still learning" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "refused-connects.enabled=false 0 0 1 0 0" in lines
    assert "aborts.min_bad=30 1 0 0 0 0" in lines
    assert "refused-connects.enabled=false would have spared:" in lines
    assert "6 queries" in text


def test_a_workspace_says_the_same_as_its_export(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS, with the query client of the app and a token of the managed identity."""
    of_export = incidents_in(printed(capsys, folder, "--to", END))
    workspace = Workspace()
    workspace.load(read_folder(folder).tables)
    with small_azure(workspace) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        guid = azure.environment["LOGS_WORKSPACE"]
        arguments = ["backtest", "--workspace", guid, "--resource", LOBBY, "--days", "2", "--to", END]
        assert main([*arguments, "--set", "refused-connects.enabled=false"]) == 0
        text = capsys.readouterr().out
        azure.faults.forbid(containing='Signal = "refused-connects"')
        assert main(arguments) == 0
        partly = capsys.readouterr().out
        azure.faults.forbid(times=100)
        status = main(arguments)

    assert ["2026-11-21 05:15 UTC"] == of_export
    assert of_export == incidents_in(text)
    assert "6 queries" in text
    assert "refused-connects.enabled=false would have spared:" in text
    assert "would have opened at least" in partly
    refused = capsys.readouterr().out
    assert status == FAILED
    assert "nothing could be counted, so nothing is known." in refused
    assert "0 incidents" not in refused
    assert "Not counted: 2026-11-20, web-pubsub-connects: 403" in refused


def incidents_in(text: str) -> list[str]:
    """Return when each incident of what is printed would have been seen."""
    seen = re.findall(r"\d{4}-\d\d-\d\d \d\d:15 UTC", text)
    return list(dict.fromkeys(seen))


def test_refuses_what_it_cannot_use(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["backtest", "--logs", str(folder), "--resource", LOBBY]

    assert main([*arguments, "--days", "91"]) == 2
    assert main([*arguments, "--set", "min_bad"]) == 2
    assert main(["backtest", "--logs", str(folder)]) == 2
    assert "--resource with an ARM id" in capsys.readouterr().err


def test_days_are_whole_and_cover_the_window() -> None:
    window = Window(NINE + timedelta(minutes=2), NINE + timedelta(days=2, hours=3))
    days = list(days_of(window))

    assert NINE == days[0].start
    assert window.end == days[-1].end
    assert [before.end for before in days[:-1]] == [after.start for after in days[1:]]
    assert timedelta(days=1) == max(day.end - day.start for day in days)
