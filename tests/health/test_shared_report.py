"""Readiness among instances: one of them asks, and each has its own answer where storage does not help."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.app import stores
from shared.cloud.storage.account import Storage
from shared.errors import LinekeeperError
from shared.health.kept_report import KEPT, DatedReport, SharedReport
from shared.health.readiness import ProbeResult, Report

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WELL = Report((ProbeResult("storage"),))


@dataclass
class Clock:
    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class FakeReports:
    """The contract of `Reports`, in memory; any call may fail."""

    kept: DatedReport | None = None
    failing: str = ""
    asked: int = 0

    def latest(self) -> DatedReport | None:
        self.asked += 1
        self._fail("read")
        return self.kept

    def put(self, report: DatedReport) -> None:
        self._fail("write")
        self.kept = report

    def _fail(self, call: str) -> None:
        if self.failing == call:
            raise LinekeeperError("storage does not answer", permanent=False)


@dataclass
class Instances:
    """Several instances of an app on one account; each report names its number."""

    reports: FakeReports = field(default_factory=FakeReports)
    clock: Clock = field(default_factory=Clock)
    made: int = 0

    def make(self) -> Report:
        self.made += 1
        return Report((ProbeResult(f"report {self.made}"),))

    def another(self) -> SharedReport:
        return SharedReport(self.reports, self.make, self.clock)


def test_one_instance_asks_for_all() -> None:
    instances = Instances()
    names = {instances.another().current().checks[0].name for _ in range(20)}

    assert ({"report 1"}, 1) == (names, instances.made)


@pytest.mark.parametrize(("later", "made"), [(KEPT - timedelta(seconds=1), 1), (KEPT, 2), (-KEPT, 2)])
def test_a_report_is_shared_for_some_seconds(later: timedelta, made: int) -> None:
    instances = Instances()
    instances.another().current()
    instances.clock.moment += later
    instances.another().current()

    assert made == instances.made


@pytest.mark.parametrize("failing", ["read", "write"])
def test_without_storage_each_instance_has_its_own(failing: str) -> None:
    instances = Instances(FakeReports(failing=failing))
    names = [instances.another().current().checks[0].name for _ in range(2)]

    assert ["report 1", "report 2"] == names


def test_storage_that_does_not_answer_is_left_alone_for_a_while() -> None:
    instances = Instances(FakeReports(failing="read"))
    instance = instances.another()
    for _ in range(3):
        instance.current()

    assert (3, 1) == (instances.made, instances.reports.asked)


def test_a_report_is_kept_in_a_row(storage: Storage) -> None:
    reports = stores.reports(lambda: storage)
    before = reports.latest()
    ill = Report((ProbeResult("storage"), ProbeResult("workspace 5f", "no answer within 10 s")))
    for report in (WELL, ill):
        reports.put(DatedReport(report, NOON))

    assert (None, DatedReport(ill, NOON)) == (before, reports.latest())


def test_a_row_of_another_version_is_none(storage: Storage) -> None:
    storage.table("readiness").upsert_entity(
        {"PartitionKey": "readiness", "RowKey": "latest", "report": "[[", "at": "soon"}
    )

    assert stores.reports(lambda: storage).latest() is None
