"""Give rows a time of ingestion: each table's documented delay, spread over its rows."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from local.workspace.database import INGESTION_TIME, LogRow


class Delay(NamedTuple):
    """The shortest and the longest time from `TimeGenerated` until a row can be queried."""

    least: timedelta
    most: timedelta


# Resource logs "are usually available within 3 to 10 minutes end-to-end", activity logs "in 3 to 20 minutes"
# (https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time).
RESOURCE_LOGS = Delay(timedelta(minutes=3), timedelta(minutes=10))
ACTIVITY_LOG = Delay(timedelta(minutes=3), timedelta(minutes=20))
# "Most logs within 40 minutes", all "approximately 60 minutes following the end of a call"; said of the update tables
# and assumed of the other tables about calls, which are late too
# (azure-docs, communication-services/concepts/analytics/logs/call-summary-updates-log-schema.md).
CALL_LOGS = Delay(timedelta(minutes=40), timedelta(minutes=60))
# An assumption: the same page gives under 10 seconds after the upload and no time for the buffers of an SDK.
APPLICATION_TELEMETRY = Delay(timedelta(minutes=1), timedelta(minutes=2))

_TELEMETRY = {"AppDependencies", "AppEvents", "AppExceptions", "AppMetrics", "AppRequests", "AppTraces"}
# Written at each operation and not at the end of a call.
_OPERATIONS = {
    "ACSCallAutomationIncomingOperations",
    "ACSCallAutomationMediaSummary",
    "ACSCallRecordingIncomingOperations",
}


def delay_of(table: str) -> Delay:
    """Return the delay of a table; tables of App Service and Container Apps are resource logs too."""
    if table in _TELEMETRY:
        return APPLICATION_TELEMETRY
    if table == "AzureActivity":
        return ACTIVITY_LOG
    return CALL_LOGS if table.startswith("ACSCall") and table not in _OPERATIONS else RESOURCE_LOGS


def with_arrival(tables: Mapping[str, Sequence[LogRow]]) -> dict[str, list[LogRow]]:
    """Return the rows with a time of ingestion each; a row's own time stays, and one without a time gets none."""
    return {
        table: [_arriving(row, number, delay_of(table)) for number, row in enumerate(rows)]
        for table, rows in tables.items()
    }


def _arriving(row: LogRow, number: int, delay: Delay) -> LogRow:
    generated = row.get("TimeGenerated")
    if row.get(INGESTION_TIME) is not None or not isinstance(generated, datetime):
        return row
    try:
        return {
            **row,
            INGESTION_TIME: generated + delay.least + _share(row, number) * (delay.most - delay.least),
        }
    except OverflowError:
        return {**row, INGESTION_TIME: generated}


def _share(row: LogRow, number: int) -> float:
    """Return 0..1 by the row's content, so that a case is ingested alike each time; `number` parts equal rows."""
    content = repr((number, sorted((name, str(cell)) for name, cell in row.items())))
    return (
        int.from_bytes(hashlib.blake2b(content.encode(errors="replace"), digest_size=4).digest()) / 0xFFFFFFFF
    )
