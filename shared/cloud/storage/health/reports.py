"""Keep the latest report of readiness in Table Storage, for all instances."""

from collections.abc import Callable

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.cloud.storage.row import RowCodec
from shared.cloud.storage.unavailable import storage_answers
from shared.health.kept_report import DatedReport
from shared.health.readiness import ProbeResult, Report
from shared.isolation import DATA_ERRORS

_KEY = {"PartitionKey": "readiness", "RowKey": "latest"}
_MOST_LETTERS = 300  # of each problem: a row has at most 64 KB
_MOST_CHECKS = 80
_CODEC = RowCodec(DatedReport)


class TableReports:
    """One row; implements `shared.health.kept_report.Reports`."""

    def __init__(self, table: Callable[[], TableClient]) -> None:
        # Called at each use, as its first use makes it.
        self._table = table

    def latest(self) -> DatedReport | None:
        """Return the latest report; None where there is none."""
        with storage_answers():
            try:
                row = self._table().get_entity(_KEY["PartitionKey"], _KEY["RowKey"])
            except ResourceNotFoundError:
                return None
        try:
            return _CODEC.read(row)
        except DATA_ERRORS:  # of another version; the next report takes its place
            return None

    def put(self, report: DatedReport) -> None:
        """Keep a report in its place; one that is too large is not kept."""
        if len(report.report.checks) > _MOST_CHECKS:
            return
        checks = tuple(
            ProbeResult(check.name, check.problem[:_MOST_LETTERS]) for check in report.report.checks
        )
        with storage_answers():
            row = _CODEC.write(DatedReport(Report(checks), report.at)) | _KEY
            self._table().upsert_entity(row, mode=UpdateMode.REPLACE)
