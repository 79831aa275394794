import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from local.recording.azure_rows import COMPONENT, AzureRowHandler, as_row


def a_record(level: int = logging.INFO, message: str = "ws_closed", **extra: Any) -> logging.LogRecord:
    record = logging.LogRecord("ws_closed", level, "app.py", 7, message, None, None)
    record.created = 1782122400.25
    vars(record).update(extra)
    return record


def test_a_record_becomes_a_row_of_app_traces() -> None:
    expected = {
        "TimeGenerated": "2026-06-22T10:00:00.250000Z",
        "Message": "ws_closed",
        "SeverityLevel": 1,
        "Properties": {"lifetime_s": "40.002", "logger_name": "ws_closed"},
        "AppRoleName": "transcription-api",
        "AppRoleInstance": "line-0",
        "ItemCount": 1,
        "_ResourceId": COMPONENT,
    }

    assert ("AppTraces", expected) == as_row(a_record(lifetime_s="40.002"), "line-0")


@pytest.mark.parametrize(
    ("level", "severity"),
    [(logging.DEBUG, 0), (logging.INFO, 1), (logging.WARNING, 2), (logging.ERROR, 3), (logging.CRITICAL, 4)],
)
def test_levels_become_azures_severities(level: int, severity: int) -> None:
    _, row = as_row(a_record(level), "line-0")

    assert severity == row["SeverityLevel"]


def test_extra_values_are_text_and_objects_are_dropped() -> None:
    """uvicorn puts its protocol object on every `connection open`; Azure's exporter drops what is not a plain value."""
    _, row = as_row(a_record(attempt=3, websocket=object()), "line-0")

    assert {"attempt": "3", "logger_name": "ws_closed"} == row["Properties"]


def test_an_exceptions_own_text_stands_in_its_stack_only() -> None:
    late = RuntimeError("Unexpected ASGI message 'websocket.send'")
    record = a_record(logging.ERROR, "Exception in ASGI application\n", exc_info=(RuntimeError, late, None))

    table, row = as_row(record, "line-0")
    [detail] = row["Details"]

    assert "AppExceptions" == table
    assert ("RuntimeError", "Exception in ASGI application\n") == (row["ExceptionType"], row["OuterMessage"])
    assert detail["rawStack"].endswith("RuntimeError: Unexpected ASGI message 'websocket.send'\n")


def test_a_stack_names_no_folder_of_the_machine_that_recorded_it() -> None:
    try:
        json.loads("no json")
    except ValueError:
        _, row = as_row(a_record(logging.ERROR, exc_info=sys.exc_info()), "line-0")

    assert str(Path.cwd()) not in row["Details"][0]["rawStack"]


def test_rows_are_appended_to_the_file_of_their_table(tmp_path: Path) -> None:
    handler = AzureRowHandler(tmp_path, "line-0")

    handler.handle(a_record(message="connection open"))
    handler.handle(a_record(message="connection closed"))

    lines = (tmp_path / "AppTraces.ndjson").read_text(encoding="utf-8").splitlines()
    assert ["connection open", "connection closed"] == [json.loads(line)["Message"] for line in lines]
