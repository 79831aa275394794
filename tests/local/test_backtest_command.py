"""`linekeeper backtest` on exported tables: what would have been opened, beside what is usual."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.__main__ import main
from local.backtest.recount import days_of
from local.rows.pubsub_log import CONNECTIVITY, LOBBY, NINE, REQUEST, PubSubLog
from shared.clock import iso
from shared.queries.scope import Window


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
