"""How long after its time a row can be queried at the latest, by table."""

from datetime import timedelta

# azure-monitor-docs, logs/data-ingestion-time.md: resource logs after 3 to 10 minutes, the Activity Log after 3 to 20.
_RESOURCE_LOGS, _ACTIVITY_LOG = timedelta(minutes=10), timedelta(minutes=20)
# azure-docs, communication-services call-summary-updates-log-schema.md; assumed of the other tables about calls.
_CALLS = timedelta(minutes=60)
_TELEMETRY = timedelta(minutes=2)  # an assumption: no page says how long an SDK keeps rows back
# Written at each operation and not at the end of a call.
_OPERATIONS = ("ACSCallAutomationIncomingOperations", "ACSCallAutomationMediaSummary")


def latest_arrival(table: str) -> timedelta:
    """Return how long after its time a row of a table arrives at the latest."""
    if table == "AzureActivity":
        return _ACTIVITY_LOG
    if table.startswith("App"):
        return _TELEMETRY
    return _CALLS if table.startswith("ACSCall") and table not in _OPERATIONS else _RESOURCE_LOGS
