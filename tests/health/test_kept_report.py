"""One report for everybody: how often it is made, and who waits for it."""

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import LinekeeperError
from shared.health.kept_report import KEPT, KeptReport
from shared.health.readiness import ProbeResult, Report

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Clock:
    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Desk:
    """What reports are made at, once the door is open; each names its number."""

    door: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=Clock)
    made: int = 0
    error: Exception | None = None

    def make(self) -> Report:
        self.door.wait()
        self.made += 1
        if self.error is not None:
            raise self.error
        return Report((ProbeResult(f"report {self.made}"),))

    def kept(self) -> KeptReport:
        return KeptReport(self.make, self.clock)


def name(report: "Future[Report]") -> str:
    return report.result(5).checks[0].name


def test_everybody_who_comes_while_it_is_made_gets_the_same_report() -> None:
    desk = Desk()
    kept = desk.kept()
    asked = [kept.latest() for _ in range(40)]
    desk.door.set()

    assert {"report 1"} == {name(report) for report in asked}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(timedelta(0), "report 1", id="at once"),
        pytest.param(KEPT - timedelta(milliseconds=1), "report 1", id="within the time that it is kept"),
        pytest.param(KEPT, "report 2", id="after that"),
        pytest.param(-timedelta(seconds=1), "report 2", id="after a clock was set back"),
        pytest.param(timedelta(days=30), "report 2", id="after a clock jumped ahead"),
    ],
)
def test_a_report_is_kept_for_some_seconds(later: timedelta, expected: str) -> None:
    desk = Desk()
    desk.door.set()
    kept = desk.kept()
    name(kept.latest())
    desk.clock.moment += later

    assert expected == name(kept.latest())


def test_whoever_gives_up_waiting_does_not_take_it_from_the_others() -> None:
    desk = Desk()
    kept = desk.kept()

    async def give_up() -> str:
        impatient = asyncio.create_task(asyncio.wait_for(asyncio.wrap_future(kept.latest()), 0.01))
        with pytest.raises(TimeoutError):
            await impatient
        desk.door.set()
        return (await asyncio.wrap_future(kept.latest())).checks[0].name

    assert "report 1" == asyncio.run(give_up())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_report_that_could_not_be_made_is_told_to_who_waits() -> None:
    desk = Desk(error=ValueError("a defect"))
    desk.door.set()
    kept = desk.kept()

    with pytest.raises(LinekeeperError, match="no report could be made"):
        kept.latest().result(5)
    desk.error = None
    assert "report 2" == name(kept.latest())
