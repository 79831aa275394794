"""Write log records as the rows that Azure Monitor's OpenTelemetry exporter puts into a workspace."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROLE = "transcription-api"
COMPONENT = (
    "/subscriptions/5c1a7d0e-93b4-4d62-8f0a-6e2b9c47d115/resourcegroups/rg-callcenter"
    "/providers/microsoft.insights/components/transcription-api"
)

_PLAIN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SEVERITY = {logging.DEBUG: 0, logging.INFO: 1, logging.WARNING: 2, logging.ERROR: 3, logging.CRITICAL: 4}


class AzureRowHandler(logging.Handler):
    """Append each record to AppTraces.ndjson, or to AppExceptions.ndjson where it carries an exception."""

    def __init__(self, folder: Path, instance: str) -> None:
        super().__init__()
        self._folder = folder
        self._instance = instance

    def emit(self, record: logging.LogRecord) -> None:
        try:
            table, row = as_row(record, self._instance)
            with (self._folder / f"{table}.ndjson").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except (OSError, TypeError, ValueError):
            self.handleError(record)


def as_row(record: logging.LogRecord, instance: str) -> tuple[str, dict[str, Any]]:
    """Return the table and the row of one record; extra attributes become Properties, as text."""
    message = record.getMessage()
    row = {
        "TimeGenerated": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        "SeverityLevel": _SEVERITY.get(record.levelno, 0),
        "Properties": _properties(record),
        "AppRoleName": ROLE,
        "AppRoleInstance": instance,
        "ItemCount": 1,
        "_ResourceId": COMPONENT,
    }
    if record.exc_info and record.exc_info[0] is not None:
        # The exporter sends the log text as the message; the exception's own text stands in the stack only.
        stack = _without_this_machine("".join(traceback.format_exception(*record.exc_info)))
        name = record.exc_info[0].__name__
        return "AppExceptions", row | {
            "ExceptionType": name,
            "OuterMessage": message,
            "Details": [{"type": name, "message": message, "rawStack": stack}],
        }
    return "AppTraces", row | {"Message": message.strip()}


def _without_this_machine(stack: str) -> str:
    return stack.replace(sys.prefix, ".venv").replace(str(Path.cwd()), ".")


def _properties(record: logging.LogRecord) -> dict[str, str]:
    extra = {
        name: str(value)
        for name, value in vars(record).items()
        if name not in _PLAIN_ATTRIBUTES
        and isinstance(value, str | int | float)  # the exporter drops objects
    }
    return extra | {"logger_name": record.name}
